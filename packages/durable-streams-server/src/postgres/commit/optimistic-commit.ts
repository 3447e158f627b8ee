import type { Mutation } from "../../store/mutation.ts";
import type { ChangeNotifications } from "../notifications/change-notifications.ts";
import type { Database } from "../connection/database.ts";
import { isConflict, isRefusal } from "../connection/postgres-errors.ts";
import { tryApply, type AppliedBatch, type Mutations } from "./apply-batch.ts";
import type { LoadedRows } from "./loaded-rows.ts";
import type { RowCache } from "./row-cache.ts";
import { optimisticWrite, writtenIds } from "./write-statements.ts";

/** The outcomes of the mutations that were committed. */
export type Outcomes = Map<Mutation<unknown>, unknown>;

/**
 * Commits a batch on cached rows: one statement in one round trip, without a lock. Streams that another
 * process has changed since keep what they have, and their mutations are left for a locked commit.
 */
export class OptimisticCommit {
  readonly #database: Database;
  readonly #notifications: ChangeNotifications;
  readonly #cache: RowCache;

  constructor(database: Database, notifications: ChangeNotifications, cache: RowCache) {
    this.#database = database;
    this.#notifications = notifications;
    this.#cache = cache;
  }

  async commit(mutations: Mutations, rows: LoadedRows): Promise<Outcomes> {
    const outcomes: Outcomes = new Map();
    const now = this.#database.clock.now();
    const applied = now === undefined ? undefined : tryApply(mutations, rows, now);
    if (!applied) return outcomes;
    const { tx, changed } = applied;
    if (tx.removed.size > 0 || tx.puts.size === 0) return outcomes;
    const written = await this.#write(applied, rows);
    if (!written) return outcomes;
    const stale: Mutation<unknown>[] = [];
    for (const [index, mutation] of mutations.entries()) {
      const id = tx.byPath(mutation.path)?.id;
      // The write confirms the version of the row that every outcome of its stream was decided from.
      // Without one an outcome may rest on a row that is out of date.
      const put = id === undefined ? undefined : tx.puts.get(id);
      if (put && written.has(put.id)) outcomes.set(mutation, applied.outcomes[index]);
      else if (put) stale.push(mutation);
    }
    this.#cache.keep([...outcomes.keys()], tx, rows);
    this.#cache.markContended(stale);
    this.#notifications.notify(changed);
    return outcomes;
  }

  /** The ids of the streams that were written; `undefined` if the statement was refused. */
  async #write({ tx, changed }: AppliedBatch, rows: LoadedRows): Promise<Set<number> | undefined> {
    const notification = this.#notifications.notificationOf(changed);
    const { text, values } = optimisticWrite(this.#database.schema, {
      tx,
      data: tx.newData,
      rows,
      notification,
    });
    try {
      return writtenIds(await this.#database.run(text, values));
    } catch (error) {
      if (isConflict(error) || isRefusal(error)) return undefined;
      throw error;
    }
  }
}
