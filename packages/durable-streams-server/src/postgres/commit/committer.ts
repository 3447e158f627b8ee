import type { Mutation } from "../../store/mutation.ts";
import type { ChangeNotifications } from "../notifications/change-notifications.ts";
import type { Database } from "../connection/database.ts";
import { storeError } from "../connection/postgres-errors.ts";
import type { Mutations } from "./apply-batch.ts";
import { LockedCommit } from "./locked-commit.ts";
import { OptimisticCommit, type Outcomes } from "./optimistic-commit.ts";
import { RowCache } from "./row-cache.ts";

/**
 * Commits batches of mutations. Mutations on rows that this process has cached are committed
 * optimistically; the others, and those that another process came in between, with locks.
 */
export class Committer {
  readonly #database: Database;
  readonly #notifications: ChangeNotifications;
  readonly #cache = new RowCache();
  readonly #optimistic: OptimisticCommit;
  readonly #locked: LockedCommit;

  constructor(database: Database, notifications: ChangeNotifications) {
    this.#database = database;
    this.#notifications = notifications;
    this.#optimistic = new OptimisticCommit(database, notifications, this.#cache);
    this.#locked = new LockedCommit(database, notifications, this.#cache);
  }

  /** @returns the outcomes, in order */
  async commit(mutations: Mutations): Promise<readonly unknown[]> {
    try {
      await this.#database.ready();
      const outcomes = await this.#commitAll(mutations);
      return mutations.map((mutation) => outcomes.get(mutation));
    } catch (error) {
      this.#cache.forget(mutations);
      this.#notifications.expectOwnNotifications();
      throw storeError(error);
    }
  }

  async #commitAll(mutations: Mutations): Promise<Outcomes> {
    const cached: Mutation<unknown>[] = [];
    const others: Mutation<unknown>[] = [];
    for (const group of groupByPath(mutations)) {
      (this.#cache.rowsFor(group) ? cached : others).push(...group);
    }
    const rows = this.#cache.rowsFor(cached);
    const outcomes: Outcomes =
      cached.length > 0 && rows
        ? await this.#optimistic.commit(cached, rows)
        : new Map<Mutation<unknown>, unknown>();
    others.push(...cached.filter((mutation) => !outcomes.has(mutation)));
    if (others.length === 0) return outcomes;
    const committed = await this.#locked.commit(others);
    for (const [index, mutation] of others.entries()) outcomes.set(mutation, committed[index]);
    return outcomes;
  }
}

/** The mutations of each path, in order. */
function groupByPath(mutations: Mutations): Iterable<Mutation<unknown>[]> {
  const groups = new Map<string, Mutation<unknown>[]>();
  for (const mutation of mutations) {
    const group = groups.get(mutation.path);
    if (group) group.push(mutation);
    else groups.set(mutation.path, [mutation]);
  }
  return groups.values();
}
