import type { ChangeNotifications } from "../notifications/change-notifications.ts";
import type { Copy, Run } from "../connection/connection-pool.ts";
import type { Database } from "../connection/database.ts";
import { isAborted, isConflict, isRefusal } from "../connection/postgres-errors.ts";
import { applyBatch, type AppliedBatch, type Mutations } from "./apply-batch.ts";
import { isBulk } from "./bulk.ts";
import { NotLoaded, type LoadedRows } from "./loaded-rows.ts";
import type { RowCache } from "./row-cache.ts";
import { RowLoader } from "./row-loader.ts";
import { lockedWrite } from "./write-statements.ts";

/** How often a batch is repeated when other processes come between. */
const MAX_CONFLICTS = 20;

/** Commits a batch in one transaction that locks and loads its rows before it writes them. */
export class LockedCommit {
  readonly #database: Database;
  readonly #notifications: ChangeNotifications;
  readonly #cache: RowCache;
  readonly #loader: RowLoader;

  constructor(database: Database, notifications: ChangeNotifications, cache: RowCache) {
    this.#database = database;
    this.#notifications = notifications;
    this.#cache = cache;
    this.#loader = new RowLoader(database);
  }

  /** @returns the outcomes, in order */
  async commit(mutations: Mutations): Promise<readonly unknown[]> {
    let canCopy = mutations.some(isBulk);
    for (let conflicts = 0; ; conflicts++) {
      try {
        return await this.#commitOnce(mutations, canCopy);
      } catch (error) {
        if (canCopy && isAborted(error)) {
          // Without COPY the error tells what is wrong.
          canCopy = false;
          continue;
        }
        if (isConflict(error) && conflicts < MAX_CONFLICTS) continue;
        if (!isRefusal(error) || mutations.length === 1) throw error;
        // Alone, only the mutation that the database refuses fails.
        const outcomes: unknown[] = [];
        for (const mutation of mutations) outcomes.push(...(await this.commit([mutation])));
        return outcomes;
      }
    }
  }

  async #commitOnce(mutations: Mutations, canCopy: boolean): Promise<readonly unknown[]> {
    const { rows, applied } = await this.#database.transaction(async (run, copy) => {
      const { rows: loaded, now } = await this.#loader.load(run, mutations);
      const batch = await this.#applyLoading(run, mutations, loaded, now);
      const isCopied = canCopy && (await this.#copy(copy, batch));
      await this.#write(run, batch, loaded, isCopied);
      return { rows: loaded, applied: batch };
    });
    const { tx, outcomes, changed } = applied;
    this.#loader.addToCount(tx.created.size - tx.removed.size);
    this.#cache.keep(mutations, tx, rows);
    this.#notifications.notify(changed);
    return outcomes;
  }

  /** Applies the mutations, again from the start whenever another row turns out to be needed. */
  async #applyLoading(
    run: Run,
    mutations: Mutations,
    rows: LoadedRows,
    now: number,
  ): Promise<AppliedBatch> {
    for (;;) {
      try {
        return applyBatch(mutations, rows, now);
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        await this.#loader.loadMissing(run, rows, error.row);
      }
    }
  }

  async #copy(copy: Copy, { tx }: AppliedBatch): Promise<boolean> {
    const rows = tx.newData.map(({ streamId, record }) => ({ streamId, ...record }));
    return rows.length > 0 && copy(this.#database.schema, rows);
  }

  /** Writes the batch and commits it; an empty transaction follows. */
  async #write(
    run: Run,
    { tx, changed }: AppliedBatch,
    rows: LoadedRows,
    isCopied: boolean,
  ): Promise<void> {
    if (!tx.hasWrites) return;
    const notification = this.#notifications.notificationOf(changed);
    const data = isCopied ? [] : tx.newData;
    const writes = lockedWrite(this.#database.schema, { tx, data, rows, notification });
    // With the commit in the same round trip: others wait for these locks. After a statement that failed
    // it is a rollback.
    await Promise.all([
      ...writes.map(({ text, values }) => run(text, values)),
      run("COMMIT AND CHAIN"),
    ]);
  }
}
