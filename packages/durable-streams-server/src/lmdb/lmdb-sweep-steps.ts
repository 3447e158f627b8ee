import type { ExpiryGrace } from "../store/expiry-grace.ts";
import type { GroupCommit } from "../store/group-commit.ts";
import { removeExpired } from "../store/rules/remove.ts";
import type { SweepSteps } from "../store/sweeper.ts";
import type { StoreTransaction } from "../store/transaction.ts";
import type { LmdbTables } from "./tables.ts";

/** How many rows one step removes at most. */
const ROWS_PER_STEP = 500;

/** The steps of a sweep in LMDB. Each is one transaction among those of the writers. */
export class LmdbSweepSteps implements SweepSteps {
  readonly #tables: LmdbTables;
  readonly #commits: GroupCommit;
  readonly #grace: ExpiryGrace;

  constructor(tables: LmdbTables, commits: GroupCommit, grace: ExpiryGrace) {
    this.#tables = tables;
    this.#commits = commits;
    this.#grace = grace;
  }

  async expire(): Promise<boolean> {
    const { expiries } = this.#tables;
    const cutoff = this.#grace.cutoff(Date.now());
    if (cutoff === -Infinity) return false;
    if (expiries.getKeysCount({ end: [cutoff, 0], limit: 1 }) === 0) return false;
    await this.#commit((tx) => this.#expireDue(tx, cutoff));
    return true;
  }

  /** A full disk has room for a small step only, which makes room for the next one. */
  async free(): Promise<boolean> {
    if (this.#tables.garbage.getKeysCount({ limit: 1 }) === 0) return false;
    for (let rows = ROWS_PER_STEP; ; rows = Math.floor(rows / 4)) {
      try {
        await this.#commit(() => this.#removeGarbage(rows));
        return true;
      } catch (error) {
        if (rows <= 1) throw error;
      }
    }
  }

  #commit(apply: (tx: StoreTransaction) => void): Promise<void> {
    return this.#commits.run({ path: "", apply, isChange: () => false });
  }

  #expireDue(tx: StoreTransaction, cutoff: number): void {
    const due = this.#tables.expiries.getRange({ end: [cutoff, 0], limit: ROWS_PER_STEP });
    for (const { key, value: path } of [...due]) {
      removeExpired(tx, path, cutoff);
      // Also an entry that no stream has any more.
      void this.#tables.expiries.remove(key);
    }
  }

  #removeGarbage(rows: number): void {
    const { data, producers, garbage } = this.#tables;
    let left = rows;
    for (const id of [...garbage.getKeys({ limit: rows })]) {
      for (const key of [...data.getKeys({ start: [id, 0], end: [id + 1, 0], limit: left })]) {
        void data.remove(key);
        left--;
      }
      if (left <= 0) return;
      for (const key of [
        ...producers.getKeys({ start: [id, ""], end: [id + 1, ""], limit: left }),
      ]) {
        void producers.remove(key);
        left--;
      }
      if (left <= 0) return;
      void garbage.remove(id);
    }
  }
}
