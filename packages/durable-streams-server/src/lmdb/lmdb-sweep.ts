import type { GroupCommit } from "../store/group-commit.ts";
import { expiryOf } from "../store/lifetime.ts";
import { expire } from "../store/rules/append.ts";
import type { StoreTransaction } from "../store/transaction.ts";
import type { LmdbTables } from "./tables.ts";

/** So many rows go in one step, so that writers do not wait long behind it. */
const ROWS_A_STEP = 500;

/** Removes streams whose time has come, and the data of removed ones, a little at a time. */
export class LmdbJanitor {
  readonly #tables: LmdbTables;
  readonly #commits: GroupCommit;
  readonly #timer: NodeJS.Timeout;
  #working: Promise<void> | undefined;
  #isStopped = false;

  constructor(tables: LmdbTables, commits: GroupCommit, intervalMs: number) {
    this.#tables = tables;
    this.#commits = commits;
    this.#timer = setInterval(() => {
      this.work();
    }, intervalMs);
    this.#timer.unref();
    this.work();
  }

  /** Starts to remove and free what is due, if that is not under way. */
  work(): void {
    if (this.#isStopped) return;
    this.#working ??= this.#workOff()
      // A disk that is full now may not be at the next interval. Nothing depends on it.
      .catch(() => undefined)
      .finally(() => {
        this.#working = undefined;
      });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#working;
  }

  async #workOff(): Promise<void> {
    const { expiries, garbage } = this.#tables;
    const hasDue = () => expiries.getKeysCount({ end: [Date.now(), 0], limit: 1 }) > 0;
    while (!this.#isStopped && hasDue()) await this.#step((tx, now) => this.#expireDue(tx, now));
    const hasGarbage = () => garbage.getKeysCount({ limit: 1 }) > 0;
    while (!this.#isStopped && hasGarbage()) await this.#collect();
  }

  /** On a full disk there is room for a small step only; that makes room for the next one. */
  async #collect(): Promise<void> {
    for (let rows = ROWS_A_STEP; ; rows = Math.floor(rows / 4)) {
      try {
        await this.#step(() => this.#collectSome(rows));
        return;
      } catch (error) {
        if (rows <= 1) throw error;
      }
    }
  }

  #step(apply: (tx: StoreTransaction, now: number) => void): Promise<void> {
    return this.#commits.run({ path: "", apply, isChange: () => false });
  }

  #expireDue(tx: StoreTransaction, now: number): void {
    const due = this.#tables.expiries.getRange({ end: [now, 0], limit: ROWS_A_STEP });
    for (const { key, value: path } of [...due]) {
      const record = tx.byPath(path);
      if (record?.id === key[1] && expiryOf(record) <= now) expire(tx, record);
      else void this.#tables.expiries.remove(key);
    }
  }

  #collectSome(rows: number): void {
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
