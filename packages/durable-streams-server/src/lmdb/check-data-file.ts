/**
 * The native library maps the data file into memory and trusts it: what is not a database of LMDB, or
 * has lost its end, ends the process. So the file is looked at before. The layout is that of LMDB 1.0
 * with 64-bit fields, which the package lmdb writes: https://github.com/LMDB/lmdb (libraries/liblmdb/mdb.c)
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { DurableStreamsServerError } from "../store/errors.ts";

const PAGE_HEADER = 24;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const LEAF_PAGE = 0x02;
const NODE_HEADER = 8;
const TABLE_NODE = 0x02;
/** Fields of a meta page. */
const META = { magic: 24, version: 28, pageSize: 48, mainRoot: 136, lastPage: 144, txnId: 152 };
const META_LENGTH = 160;

/**
 * Checks that the data file of a folder is one of this package, and whole. No file is a new one.
 *
 * @param isOurs - whether tables of these names are those of a store
 * @throws DurableStreamsServerError `STORE_INVALID`
 */
export function checkDataFile(
  folder: string,
  isOurs: (names: ReadonlySet<string>) => boolean,
): void {
  const path = join(folder, "data.mdb");
  const file = openIfThere(path);
  if (file === undefined) return;
  try {
    const size = fstatSync(file).size;
    if (size === 0 || endianness() !== "LE") return;
    const meta = newestMeta(file);
    if (!meta) {
      throw invalid(path, "it is not a database of the package lmdb 3");
    }
    const needed = (meta.lastPage + 1) * meta.pageSize;
    if (size < needed) {
      throw invalid(path, `it has ${size} of ${needed} bytes, so its end was cut off`);
    }
    const names = tableNames(file, meta);
    if (names.size > 0 && !isOurs(names)) {
      throw invalid(path, "it is a database of another application");
    }
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly pageSize: number;
  readonly mainRoot: bigint;
  readonly lastPage: number;
  readonly txnId: number;
}

/** A database has two meta pages, which are written in turns. */
function newestMeta(file: number): Meta | undefined {
  const first = metaAt(file, 0);
  const sizes = first ? [first.pageSize] : [4096, 16_384, 65_536];
  const second = sizes.map((size) => metaAt(file, size)).find((meta) => meta !== undefined);
  if (!first || !second) return first ?? second;
  return first.txnId > second.txnId ? first : second;
}

function metaAt(file: number, position: number): Meta | undefined {
  const page = readAt(file, position, META_LENGTH);
  if (page.readUInt32LE(META.magic) !== MAGIC) return undefined;
  if (page.readUInt32LE(META.version) !== DATA_VERSION) return undefined;
  const pageSize = page.readUInt32LE(META.pageSize);
  if (pageSize < 256 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  return {
    pageSize,
    mainRoot: page.readBigUInt64LE(META.mainRoot),
    lastPage: Number(page.readBigUInt64LE(META.lastPage)),
    txnId: Number(page.readBigUInt64LE(META.txnId)),
  };
}

/**
 * The keys of the main table, which are the names of the others; "" for what no store has. A store has
 * few tables: one page.
 */
function tableNames(file: number, { pageSize, mainRoot, lastPage }: Meta): Set<string> {
  const names = new Set<string>();
  if (mainRoot === NO_PAGE) return names;
  if (mainRoot > BigInt(lastPage)) return names.add("");
  const page = readAt(file, Number(mainRoot) * pageSize, pageSize);
  if ((page.readUInt16LE(18) & LEAF_PAGE) === 0) return names.add("");
  const count = page.readUInt16LE(20) >> 1;
  if (PAGE_HEADER + 2 * count > pageSize) return names.add("");
  for (let i = 0; i < count; i++) {
    const node = PAGE_HEADER + page.readUInt16LE(PAGE_HEADER + 2 * i);
    if (node + NODE_HEADER > pageSize) return names.add("");
    const isTable = (page.readUInt16LE(node + 4) & TABLE_NODE) !== 0;
    const key = node + NODE_HEADER;
    const end = key + page.readUInt16LE(node + 6);
    names.add(isTable ? page.toString("latin1", key, end).replace(/\0$/, "") : "");
  }
  return names;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Bytes beyond the end are zeros. */
function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  readSync(file, buffer, 0, length, position);
  return buffer;
}

function invalid(path: string, what: string): DurableStreamsServerError {
  return new DurableStreamsServerError(
    "STORE_INVALID",
    `The file ${path} is not the data of a store: ${what}. It was left as it is. Choose another folder, or restore the data from a backup.`,
  );
}
