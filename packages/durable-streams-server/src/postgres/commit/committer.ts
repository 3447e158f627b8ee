import type { Mutation } from "../../store/mutation.ts";
import type { ChangeNotifications } from "../notifications/change-notifications.ts";
import type { Database } from "../connection/database.ts";
import { storeError } from "../connection/postgres-errors.ts";
import type { Mutations } from "./apply-batch.ts";
import { isBulk } from "./bulk.ts";
import { CommutingCommit } from "./commuting-commit.ts";
import type { LoadedRows } from "./loaded-rows.ts";
import { LockedCommit } from "./locked-commit.ts";
import { OptimisticCommit, type Outcomes } from "./optimistic-commit.ts";
import { RowCache } from "./row-cache.ts";

/** How many streams of a batch that other processes write to are committed each in its own statement. */
const MAX_SHARED = 8;

interface SharedGroup {
  readonly group: Mutations;
  readonly guess: LoadedRows;
}

/**
 * Commits batches of mutations. Mutations on rows that this process has cached are committed
 * optimistically; appends to streams that other processes append to as well, wherever they end; the
 * others, and those that another process came in between, with locks.
 */
export class Committer {
  readonly #database: Database;
  readonly #notifications: ChangeNotifications;
  readonly #cache = new RowCache();
  readonly #optimistic: OptimisticCommit;
  readonly #commuting: CommutingCommit;
  readonly #locked: LockedCommit;

  constructor(database: Database, notifications: ChangeNotifications) {
    this.#database = database;
    this.#notifications = notifications;
    this.#optimistic = new OptimisticCommit(database, notifications, this.#cache);
    this.#commuting = new CommutingCommit(database, notifications, this.#cache);
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
    const shared: SharedGroup[] = [];
    for (const group of groupByPath(mutations)) {
      if (group.some(isBulk)) continue;
      const guess = this.#cache.guessFor(group);
      if (guess && shared.length < MAX_SHARED) shared.push({ group, guess });
      else if (this.#cache.rowsFor(group)) cached.push(...group);
    }
    const committed = await Promise.all([
      this.#commitCached(cached),
      ...shared.map(({ group, guess }) => this.#commuting.commit(group, guess)),
    ]);
    const outcomes: Outcomes = new Map(committed.flatMap((part) => [...part]));
    const others = mutations.filter((mutation) => !outcomes.has(mutation));
    if (others.length === 0) return outcomes;
    const locked = await this.#locked.commit(others);
    for (const [index, mutation] of others.entries()) outcomes.set(mutation, locked[index]);
    return outcomes;
  }

  async #commitCached(mutations: Mutations): Promise<Outcomes> {
    const rows = this.#cache.rowsFor(mutations);
    if (mutations.length === 0 || !rows) return new Map<Mutation<unknown>, unknown>();
    return this.#optimistic.commit(mutations, rows);
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
