import type { ChangeHub } from "../store/change-hub.ts";
import type { Mutation } from "../store/mutation.ts";
import { CommitThread } from "./commit-thread.ts";
import { storeError } from "./lmdb-errors.ts";
import { LmdbTransaction } from "./lmdb-transaction.ts";
import type { LmdbTables } from "./tables.ts";

/** Commits batches of mutations, each in one transaction, and notifies readers. */
export class LmdbCommitter {
  readonly #tables: LmdbTables;
  readonly #changes: ChangeHub;
  readonly #thread = new CommitThread();

  constructor(tables: LmdbTables, changes: ChangeHub) {
    this.#tables = tables;
    this.#changes = changes;
  }

  async commit(mutations: readonly Mutation<unknown>[]): Promise<readonly unknown[]> {
    const { root, path } = this.#tables;
    const now = Date.now();
    let outcomes: unknown[] = [];
    let appliedAt = 0;
    const apply = () => {
      const tx = new LmdbTransaction(this.#tables);
      outcomes = mutations.map((mutation) => mutation.apply(tx, now));
      tx.finish();
      appliedAt = performance.now();
    };
    try {
      if (this.#thread.isEventLoop(performance.now())) {
        try {
          root.transactionSync(apply);
        } finally {
          // Only the part of the disk counts, also if it failed: mutations take their time anywhere.
          if (appliedAt > 0) this.#thread.record(performance.now() - appliedAt, performance.now());
        }
      } else {
        // A child transaction, since only that is rolled back if a mutation throws.
        await root.childTransaction(apply);
      }
    } catch (error) {
      throw await storeError(error, path);
    }
    for (const [index, mutation] of mutations.entries()) {
      if (mutation.isChange(outcomes[index])) this.#changes.notify(mutation.path);
    }
    return outcomes;
  }
}
