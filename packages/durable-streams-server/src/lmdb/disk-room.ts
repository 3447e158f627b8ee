import { randomFillSync } from "node:crypto";
import { closeSync, fstatSync, openSync, statfsSync, writeSync } from "node:fs";
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

  constructor(tables: LmdbTables) {
    this.#tables = tables;
    this.#file = openSync(join(tables.path, "data.mdb"), "r+");
  }

  close(): void {
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

  /** Makes the file longer, as far as the disk has room. Returns how much is behind the data then. */
  #extend(wanted: number): number {
    const { lastPageNumber, pageSize } = this.#tables.root.getStats() as LmdbStats;
    let { size } = fstatSync(this.#file);
    const used = (lastPageNumber + 1) * pageSize;
    if (size - used >= wanted) return size - used;
    // Bytes that a file system cannot compress.
    const chunk = randomFillSync(new Uint8Array(CHUNK_BYTES));
    try {
      while (size - used < wanted) size += writeSync(this.#file, chunk, 0, CHUNK_BYTES, size);
    } catch {
      // The disk is full: what was taken is all there is.
    }
    return size - used;
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
