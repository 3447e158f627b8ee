import type { ChangeNotifications } from "../notifications/change-notifications.ts";
import type { Run } from "../connection/connection-pool.ts";
import type { Database } from "../connection/database.ts";
import { isConflict, isRefusal } from "../connection/postgres-errors.ts";
import { applyBatch, type AppliedBatch, type Mutations } from "./apply-batch.ts";
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
    this.#loader = new RowLoader(database.schema);
  }

  /** @returns the outcomes, in order */
  async commit(mutations: Mutations): Promise<readonly unknown[]> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        return await this.#commitOnce(mutations);
      } catch (error) {
        if (isConflict(error) && conflicts < MAX_CONFLICTS) continue;
        if (!isRefusal(error) || mutations.length === 1) throw error;
        // Alone, only the mutation that the database refuses fails.
        const outcomes: unknown[] = [];
        for (const mutation of mutations) outcomes.push(...(await this.commit([mutation])));
        return outcomes;
      }
    }
  }

  async #commitOnce(mutations: Mutations): Promise<readonly unknown[]> {
    const { rows, applied } = await this.#database.transaction(async (run) => {
      const loaded = await this.#loader.load(run, mutations);
      const batch = await this.#applyLoading(run, mutations, loaded);
      await this.#write(run, batch, loaded);
      return { rows: loaded, applied: batch };
    });
    const { tx, outcomes, changed } = applied;
    this.#loader.addToCount(tx.created.size - tx.removed.size);
    this.#cache.keep(mutations, tx, rows, () => true);
    this.#notifications.notify(changed);
    return outcomes;
  }

  /** Applies the mutations, again from the start whenever another row turns out to be needed. */
  async #applyLoading(run: Run, mutations: Mutations, rows: LoadedRows): Promise<AppliedBatch> {
    for (;;) {
      try {
        return applyBatch(mutations, rows);
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        await this.#loader.loadMissing(run, rows, error.row);
      }
    }
  }

  async #write(run: Run, { tx, changed }: AppliedBatch, rows: LoadedRows): Promise<void> {
    if (!tx.hasWrites) return;
    const notification = this.#notifications.notificationOf(changed);
    const writes = lockedWrite(this.#database.schema, tx, rows, notification);
    await Promise.all(writes.map(({ text, values }) => run(text, values)));
  }
}
