import type { ExpiryGrace } from "../store/expiry-grace.ts";
import { idleSince } from "../store/idle-producers.ts";
import { removeExpired } from "../store/rules/remove.ts";
import type { SweepSteps } from "../store/sweeper.ts";
import type { StoreTransaction } from "../store/transaction.ts";
import type { CleanUp } from "./clean-up.ts";
import type { DiskRoom } from "./disk-room.ts";
import { removeProducer } from "./lmdb-transaction.ts";
import type { LmdbTables } from "./tables.ts";

/** How many bytes a step writes at most for each row: the page that it was on. */
const BYTES_PER_ROW = 4096;

/** After how many more transactions the pages that one has freed are used again. */
const SETTLING_COMMITS = 2;

/** How many rows one step removes at most. */
const ROWS_PER_STEP = 500;

export interface LmdbSweepOptions {
  readonly cleanUp: CleanUp;
  readonly room: DiskRoom;
  readonly grace: ExpiryGrace;
  readonly producerIdleMs: number;
}

/** The steps of a sweep in LMDB. Each is one transaction among those of the writers. */
export class LmdbSweepSteps implements SweepSteps {
  readonly #tables: LmdbTables;
  readonly #cleanUp: CleanUp;
  readonly #room: DiskRoom;
  readonly #grace: ExpiryGrace;
  readonly #producerIdleMs: number;
  #unsettled = 0;

  constructor(tables: LmdbTables, { cleanUp, room, grace, producerIdleMs }: LmdbSweepOptions) {
    this.#tables = tables;
    this.#cleanUp = cleanUp;
    this.#room = room;
    this.#grace = grace;
    this.#producerIdleMs = producerIdleMs;
  }

  async expire(): Promise<boolean> {
    const { expiries, producerUses } = this.#tables;
    const now = Date.now();
    const cutoff = this.#grace.cutoff(now);
    const hasDue = cutoff > -Infinity && expiries.getKeysCount({ end: [cutoff, 0], limit: 1 }) > 0;
    const idle = { end: [idleSince(now, this.#producerIdleMs), Infinity], limit: 1 };
    const hasIdle = producerUses.getKeysCount(idle) > 0;
    if (hasDue) await this.#commit((tx) => this.#expireDue(tx, cutoff));
    if (hasIdle) await this.#commit((tx, time) => this.#forgetIdle(tx, time));
    return hasDue || hasIdle;
  }

  /** A full disk has room for a small step only, which makes room for the next one. */
  async free(): Promise<boolean> {
    if (this.#tables.garbage.getKeysCount({ limit: 1 }) === 0) return this.#settle();
    for (let rows = ROWS_PER_STEP; ; rows = Math.floor(rows / 4)) {
      try {
        await this.#commit(() => this.#removeGarbage(rows), rows * BYTES_PER_ROW);
        this.#unsettled = SETTLING_COMMITS;
        return true;
      } catch (error) {
        if (rows <= 1) throw error;
      }
    }
  }

  /**
   * LMDB uses the pages that a transaction has freed again in the second one after it. On a full disk
   * that one never comes, since the first one fails: so it is made here, with the room that is kept.
   */
  async #settle(): Promise<boolean> {
    if (this.#unsettled === 0 || !this.#room.wasFull) return false;
    this.#unsettled--;
    const { counters } = this.#tables;
    await this.#commit(() => void counters.put("settled", (counters.get("settled") ?? 0) + 1), 0);
    this.#room.wasFull = this.#unsettled > 0;
    return this.#unsettled > 0;
  }

  #commit(
    apply: (tx: StoreTransaction, now: number) => void,
    bytes: number = ROWS_PER_STEP * BYTES_PER_ROW,
  ): Promise<void> {
    return this.#cleanUp.run({ path: "", bytes, apply, isChange: () => false });
  }

  #expireDue(tx: StoreTransaction, cutoff: number): void {
    const due = this.#tables.expiries.getRange({ end: [cutoff, 0], limit: ROWS_PER_STEP });
    for (const { key, value: path } of [...due]) {
      removeExpired(tx, path, cutoff);
      // Also an entry that no stream has any more.
      void this.#tables.expiries.remove(key);
    }
  }

  #forgetIdle(tx: StoreTransaction, now: number): void {
    const range = {
      end: [idleSince(now, this.#producerIdleMs), Infinity],
      limit: ROWS_PER_STEP,
    };
    const forgotten = new Map<number, number>();
    for (const use of [...this.#tables.producerUses.getKeys(range)]) {
      removeProducer(this.#tables, use);
      forgotten.set(use[1], (forgotten.get(use[1]) ?? 0) + 1);
    }
    for (const [id, count] of forgotten) {
      const record = tx.byId(id);
      if (record) tx.put({ ...record, producers: record.producers - count });
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
      const range = { start: [id, ""], end: [id + 1, ""], limit: left };
      for (const { key, value } of [...producers.getRange(range)]) {
        removeProducer(this.#tables, [value[2], id, key[1]]);
        left--;
      }
      if (left <= 0) return;
      void garbage.remove(id);
    }
  }
}
