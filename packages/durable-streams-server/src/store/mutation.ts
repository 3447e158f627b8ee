import { applyAppend } from "./rules/append.ts";
import { applyCreate } from "./rules/create.ts";
import { applyDelete } from "./rules/delete.ts";
import { removeExpired } from "./rules/remove.ts";
import { applyTouch } from "./rules/touch.ts";
import type {
  AppendOutcome,
  AppendRequest,
  CreateOutcome,
  CreateRequest,
  DeleteOutcome,
  ForkRequest,
  Producer,
} from "./store.ts";
import type { StoreTransaction } from "./transaction.ts";

/** One change that waits for its transaction, and the rows that it names. */
export interface Mutation<Outcome> {
  readonly path: string;
  readonly producer?: Producer | undefined;
  readonly fork?: ForkRequest | undefined;
  /** How many bytes of data it stores (default 0). */
  readonly bytes?: number | undefined;
  apply(tx: StoreTransaction, now: number): Outcome;
  /**
   * For a mutation that only adds to a stream: the outcome if the stream had been so much longer. Left out,
   * or `undefined`, if the outcome depends on more than that.
   */
  moved?(outcome: Outcome, bytes: number): Outcome | undefined;
  /** Whether readers of the path have something new to see. */
  isChange(outcome: Outcome): boolean;
}

export function createMutation(request: CreateRequest): Mutation<CreateOutcome> {
  return {
    path: request.path,
    fork: request.fork,
    bytes: request.data?.byteLength,
    apply: (tx, now) => applyCreate(tx, request, now),
    isChange: ({ status }) => status === "created",
  };
}

export function appendMutation(request: AppendRequest): Mutation<AppendOutcome> {
  return {
    path: request.path,
    producer: request.producer,
    bytes: request.data?.byteLength,
    apply: (tx, now) => applyAppend(tx, request, now),
    isChange: ({ status }) => status === "appended",
    moved: (outcome, bytes) =>
      outcome.status === "appended" && !outcome.closed
        ? { ...outcome, tail: outcome.tail + bytes }
        : undefined,
  };
}

export function deleteMutation(path: string): Mutation<DeleteOutcome> {
  return {
    path,
    apply: (tx, now) => applyDelete(tx, path, now),
    isChange: (outcome) => outcome === "removed" || outcome === "kept-for-forks",
  };
}

export function touchMutation(path: string): Mutation<void> {
  return {
    path,
    apply: (tx, now) => {
      applyTouch(tx, path, now);
    },
    isChange: () => false,
  };
}

/** Removes the stream if it expired at `cutoff` or before. */
export function expiryMutation(path: string, cutoff: number): Mutation<void> {
  return {
    path,
    apply: (tx) => {
      removeExpired(tx, path, cutoff);
    },
    isChange: () => false,
  };
}
