import type { Mutation } from "../../store/mutation.ts";
import type { ChangeNotifications } from "../notifications/change-notifications.ts";
import type { Database } from "../connection/database.ts";
import { isConflict, isRefusal } from "../connection/postgres-errors.ts";
import { applyBatch, type AppliedBatch, type Mutations } from "./apply-batch.ts";
import { NotLoaded, type LoadedRows } from "./loaded-rows.ts";
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
    const applied = tryApply(mutations, rows);
    if (!applied) return outcomes;
    const { tx, changed } = applied;
    if (tx.removed.size > 0 || tx.puts.size === 0) return outcomes;
    const written = await this.#write(applied, rows);
    if (!written) return outcomes;
    this.#cache.keep(mutations, tx, rows, (id) => written.has(id));
    for (const [index, mutation] of mutations.entries()) {
      const id = tx.byPath(mutation.path)?.id;
      // An outcome without a write may rest on a row that is out of date.
      const isCommitted = id !== undefined && tx.puts.has(id) && written.has(id);
      if (isCommitted) outcomes.set(mutation, applied.outcomes[index]);
      else this.#cache.forget([mutation]);
    }
    this.#notifications.notify(changed);
    return outcomes;
  }

  /** The ids of the streams that were written; `undefined` if the statement was refused. */
  async #write({ tx, changed }: AppliedBatch, rows: LoadedRows): Promise<Set<number> | undefined> {
    const notification = this.#notifications.notificationOf(changed);
    const { text, values } = optimisticWrite(this.#database.schema, tx, rows, notification);
    try {
      return writtenIds(await this.#database.run(text, values));
    } catch (error) {
      if (isConflict(error) || isRefusal(error)) return undefined;
      throw error;
    }
  }
}

function tryApply(mutations: Mutations, rows: LoadedRows): AppliedBatch | undefined {
  try {
    return applyBatch(mutations, rows);
  } catch (error) {
    if (error instanceof NotLoaded) return undefined;
    throw error;
  }
}
