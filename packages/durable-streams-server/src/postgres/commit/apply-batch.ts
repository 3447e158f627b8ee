import type { Mutation } from "../../store/mutation.ts";
import { BatchTransaction } from "./batch-transaction.ts";
import { NotLoaded, type LoadedRows } from "./loaded-rows.ts";

export type Mutations = readonly Mutation<unknown>[];

/** A batch that was applied to rows in memory and is not written yet. */
export interface AppliedBatch {
  readonly mutations: Mutations;
  readonly tx: BatchTransaction;
  readonly outcomes: readonly unknown[];
  /** The paths whose readers have something new to see. */
  readonly changed: ReadonlySet<string>;
}

/**
 * @param now - the time of the database
 * @throws NotLoaded if a mutation reads a row that is not loaded
 */
export function applyBatch(mutations: Mutations, rows: LoadedRows, now: number): AppliedBatch {
  const tx = new BatchTransaction(rows);
  const changed = new Set<string>();
  const outcomes = mutations.map((mutation) => {
    const outcome = mutation.apply(tx, now);
    if (mutation.isChange(outcome)) changed.add(mutation.path);
    return outcome;
  });
  return { mutations, tx, outcomes, changed };
}

/** Like {@link applyBatch}; `undefined` if a mutation reads a row that is not loaded. */
export function tryApply(
  mutations: Mutations,
  rows: LoadedRows,
  now: number,
): AppliedBatch | undefined {
  try {
    return applyBatch(mutations, rows, now);
  } catch (error) {
    if (error instanceof NotLoaded) return undefined;
    throw error;
  }
}
