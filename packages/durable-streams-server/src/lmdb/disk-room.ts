import { randomFillSync } from "node:crypto";
import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Mutation } from "../store/mutation.ts";
import { diskFull } from "./lmdb-errors.ts";
import { databasesOf, type LmdbTables } from "./tables.ts";

const MIB = 1024 * 1024;

/** With this much on the disk, nobody has to look closer. */
const PLENTY_BYTES = 64 * MIB;
/** Room behind the data that only clean-up may use up: more than the largest record by default. */
const RESERVE_BYTES = 10 * MIB;
/** What is left of it for clean-up, whatever else happens. */
const CLEAN_UP_BYTES = MIB / 2;
const CHUNK_BYTES = MIB / 2;
/** How much longer than its data a file is made. */
const STRETCH_BYTES = 4 * MIB;

/** Pages that a transaction replaces, whatever it does, and for each of its mutations. */
const BYTES_PER_TRANSACTION = 64 * 1024;
const BYTES_PER_MUTATION = 16 * 1024;

/**
 * The room on the disk. To remove data LMDB has to write, and a write that the disk refuses must not
 * happen: the native library damages its memory when it reports it. So the data file is made longer
 * before a transaction, and a transaction for which there is no room is refused.
 */
export class DiskRoom {
  /** Whether a transaction has been refused since this was last set to false. */
  wasFull = false;
  readonly #tables: LmdbTables;
  readonly #file: number;
  /** How much longer than the data the file is at least. */
  #spare = 0;
  /** Up to where the file was written, and is not only longer. */
  #writtenTo = 0;

  constructor(tables: LmdbTables) {
    this.#tables = tables;
    this.#file = openSync(join(tables.path, "data.mdb"), "r+");
    this.#stretch(0);
  }

  /** @param closeTables - after it the file is made as long as its data */
  async close(closeTables: () => Promise<void>): Promise<void> {
    const used = this.#usedBytes();
    await closeTables();
    ftruncateSync(this.#file, used);
    closeSync(this.#file);
  }

  /**
   * Makes sure that a transaction has room. No other one may be under way.
   *
   * @throws DurableStreamsServerError `STORE_FULL`
   */
  take(mutations: readonly Mutation<unknown>[]): void {
    const needed = mutations.reduce(
      (sum, { bytes = 0 }) => sum + bytes + BYTES_PER_MUTATION,
      BYTES_PER_TRANSACTION,
    );
    this.#stretch(needed);
    const { bavail, bsize } = statfsSync(this.#tables.path);
    if (bavail * bsize >= PLENTY_BYTES + needed) return;
    const isCleanUp = mutations.every(({ makesRoom }) => makesRoom);
    const wanted = isCleanUp ? needed : needed + RESERVE_BYTES;
    const behind = this.#extend(wanted);
    if (behind >= wanted) return;
    const free = this.#freeBytes();
    // Free pages may not be next to each other, and the estimate is high: the reserve makes up for both.
    const isEnough = isCleanUp
      ? behind + free >= needed
      : free >= 0.9 * needed && behind >= needed + CLEAN_UP_BYTES;
    if (isEnough) return;
    this.wasFull = true;
    throw diskFull();
  }

  /**
   * Makes the file longer than the data will be, without taking room. LMDB does not write a page at the
   * end that it has freed in the same transaction: without this, a file that lacks one would not tell
   * whether somebody cut it off.
   */
  #stretch(needed: number): void {
    this.#spare -= needed;
    if (this.#spare >= 0) return;
    const used = this.#usedBytes();
    const length = used + needed + STRETCH_BYTES;
    if (fstatSync(this.#file).size < length) ftruncateSync(this.#file, length);
    this.#spare = STRETCH_BYTES;
  }

  /** Writes behind the data, as far as the disk has room. Returns how much is there then. */
  #extend(wanted: number): number {
    const used = this.#usedBytes();
    let end = Math.max(used, this.#writtenTo);
    if (end - used >= wanted) return end - used;
    // Bytes that a file system cannot compress.
    const chunk = randomFillSync(new Uint8Array(CHUNK_BYTES));
    try {
      while (end - used < wanted) end += writeSync(this.#file, chunk, 0, CHUNK_BYTES, end);
    } catch {
      // The disk is full: what was taken is all there is.
    }
    this.#writtenTo = end;
    return end - used;
  }

  #usedBytes(): number {
    const { lastPageNumber, pageSize } = this.#tables.root.getStats() as LmdbStats;
    return (lastPageNumber + 1) * pageSize;
  }

  /** The pages among the data that are free, or will be after the next transactions. */
  #freeBytes(): number {
    const { lastPageNumber, pageSize, free } = this.#tables.root.getStats() as LmdbStats;
    let pages = lastPageNumber + 1 - META_PAGES - pagesOf(free);
    for (const database of databasesOf(this.#tables)) {
      pages -= pagesOf(database.getStats() as LmdbStats);
    }
    return pages * pageSize;
  }
}

const META_PAGES = 2;

interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

interface LmdbStats extends TreeStats {
  readonly lastPageNumber: number;
  readonly pageSize: number;
  readonly free: TreeStats;
}

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}
