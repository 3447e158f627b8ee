import type { Mutation } from "../../store/mutation.ts";
import { BatchTransaction } from "./batch-transaction.ts";
import type { LoadedRows } from "./loaded-rows.ts";

export type Mutations = readonly Mutation<unknown>[];

/** A batch that was applied to rows in memory and is not written yet. */
export interface AppliedBatch {
  readonly tx: BatchTransaction;
  readonly outcomes: readonly unknown[];
  /** The paths whose readers have something new to see. */
  readonly changed: ReadonlySet<string>;
}

/** @throws NotLoaded if a mutation reads a row that is not loaded */
export function applyBatch(mutations: Mutations, rows: LoadedRows): AppliedBatch {
  const tx = new BatchTransaction(rows);
  const now = Date.now();
  const changed = new Set<string>();
  const outcomes = mutations.map((mutation) => {
    const outcome = mutation.apply(tx, now);
    if (mutation.isChange(outcome)) changed.add(mutation.path);
    return outcome;
  });
  return { tx, outcomes, changed };
}
