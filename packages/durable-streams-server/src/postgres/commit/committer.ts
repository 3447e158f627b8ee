import type { Operation } from "../../store/mutation.ts";
import { BatchTransaction, NotLoaded, type LoadedRows } from "./batch-transaction.ts";
import { lockedWrite, optimisticWrite, writtenIds } from "./write-statements.ts";
import type { Database, Run } from "../connection/database.ts";
import { isConflict, isRefusal, storeError } from "../connection/postgres-errors.ts";
import { RememberedRows } from "./row-cache.ts";
import { RowLoader } from "./row-loader.ts";
import type { Wakeups } from "../change-notifications.ts";

type Operations = readonly Operation<unknown>[];

/** How often a batch is tried again when other processes come between. */
const MAX_CONFLICTS = 20;

interface Applied {
  readonly tx: BatchTransaction;
  readonly outcomes: unknown[];
  /** The paths that readers have something new at. */
  readonly changed: Set<string>;
}

/**
 * Commits batches of operations. A batch on rows that this process remembers is one statement in one
 * round trip; whatever that leaves, because another process was there or nothing is remembered, locks
 * and loads its rows first.
 */
export class Committer {
  readonly #database: Database;
  readonly #wakeups: Wakeups;
  readonly #loader: RowLoader;
  readonly #remembered = new RememberedRows();

  constructor(database: Database, wakeups: Wakeups) {
    this.#database = database;
    this.#wakeups = wakeups;
    this.#loader = new RowLoader(database);
  }

  async commit(operations: Operations): Promise<readonly unknown[]> {
    try {
      await this.#database.ready();
      const outcomes = await this.#commitAll(operations);
      return operations.map((operation) => outcomes.get(operation));
    } catch (error) {
      this.#remembered.forget(operations);
      this.#wakeups.listenToOneself();
      throw storeError(error);
    }
  }

  async #commitAll(operations: Operations): Promise<Map<Operation<unknown>, unknown>> {
    const outcomes = new Map<Operation<unknown>, unknown>();
    const keep = (done: Operations, values: readonly unknown[]) => {
      for (const [index, operation] of done.entries()) outcomes.set(operation, values[index]);
    };
    const known: Operation<unknown>[] = [];
    const unknown: Operation<unknown>[] = [];
    for (const sharing of groupByPath(operations)) {
      (this.#remembered.rowsFor(sharing) ? known : unknown).push(...sharing);
    }
    const rows = this.#remembered.rowsFor(known);
    if (known.length > 0 && rows) {
      const written = await this.#writeOptimistically(known, rows);
      for (const operation of known) {
        if (written.has(operation)) outcomes.set(operation, written.get(operation));
        else unknown.push(operation);
      }
    }
    if (unknown.length > 0) keep(unknown, await this.#writeLocked(unknown));
    return outcomes;
  }

  /** The outcomes of the operations that could be done; others have to be done with locks. */
  async #writeOptimistically(
    operations: Operations,
    rows: LoadedRows,
  ): Promise<Map<Operation<unknown>, unknown>> {
    const outcomes = new Map<Operation<unknown>, unknown>();
    let applied: Applied;
    try {
      applied = apply(operations, rows);
    } catch (error) {
      if (error instanceof NotLoaded) return outcomes;
      throw error;
    }
    const { tx, changed } = applied;
    // What was decided without writing could rest on what is no longer so.
    const isWritten = ({ path }: Operation<unknown>) => {
      const id = tx.byPath(path)?.id;
      return id !== undefined && tx.puts.has(id);
    };
    if (tx.removed.size > 0 || tx.puts.size === 0) return outcomes;
    const { schema } = this.#database;
    const payload = this.#wakeups.payload(changed);
    const { text, values } = optimisticWrite(schema, tx, rows, this.#wakeups.channel, payload);
    let written: Set<number>;
    try {
      written = writtenIds(await this.#database.run(text, values));
    } catch (error) {
      if (isConflict(error) || isRefusal(error)) return outcomes;
      throw error;
    }
    this.#remembered.keep(operations, tx, rows, (id) => written.has(id));
    for (const [index, operation] of operations.entries()) {
      const id = tx.byPath(operation.path)?.id ?? -1;
      if (isWritten(operation) && written.has(id)) outcomes.set(operation, applied.outcomes[index]);
      else this.#remembered.forget([operation]);
    }
    this.#wakeups.wake(changed);
    return outcomes;
  }

  async #writeLocked(operations: Operations): Promise<readonly unknown[]> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        return await this.#tryLocked(operations);
      } catch (error) {
        if (isConflict(error) && conflicts < MAX_CONFLICTS) continue;
        // One statement's refusal must not be everybody's.
        if (!isRefusal(error) || operations.length === 1) throw error;
        const one = async (operation: Operation<unknown>) =>
          (await this.#writeLocked([operation]))[0];
        const outcomes: unknown[] = [];
        for (const operation of operations) outcomes.push(await one(operation));
        return outcomes;
      }
    }
  }

  async #tryLocked(operations: Operations): Promise<readonly unknown[]> {
    let rows: LoadedRows | undefined;
    const { tx, outcomes, changed } = await this.#database.transaction(async (run) => {
      rows = await this.#loader.load(run, operations);
      const applied = await this.#applyLoading(run, operations, rows);
      const payload = this.#wakeups.payload(applied.changed);
      const { schema } = this.#database;
      const writes = lockedWrite(schema, applied.tx, rows, this.#wakeups.channel, payload);
      if (hasWrites(applied.tx)) {
        await Promise.all(writes.map(({ text, values }) => run(text, values)));
      }
      return applied;
    });
    this.#loader.counted(tx.created.size - tx.removed.size);
    if (rows) this.#remembered.keep(operations, tx, rows, () => true);
    this.#wakeups.wake(changed);
    return outcomes;
  }

  /** Applies the operations; again from the start whenever a row turns out to be needed. */
  async #applyLoading(run: Run, operations: Operations, rows: LoadedRows): Promise<Applied> {
    for (;;) {
      try {
        return apply(operations, rows);
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        await this.#loader.loadWanted(run, rows, error.wanted);
      }
    }
  }
}

function apply(operations: Operations, rows: LoadedRows): Applied {
  const tx = new BatchTransaction(rows);
  const now = Date.now();
  const changed = new Set<string>();
  const outcomes = operations.map((operation) => {
    const outcome = operation.apply(tx, now);
    if (operation.isChange(outcome)) changed.add(operation.path);
    return outcome;
  });
  return { tx, outcomes, changed };
}

function hasWrites(tx: BatchTransaction): boolean {
  return tx.puts.size + tx.removed.size + tx.newData.length > 0;
}

/** The operations of each path, in order. */
function groupByPath(operations: Operations): Iterable<Operation<unknown>[]> {
  const groups = new Map<string, Operation<unknown>[]>();
  for (const operation of operations) {
    const group = groups.get(operation.path);
    if (group) group.push(operation);
    else groups.set(operation.path, [operation]);
  }
  return groups.values();
}
