import { applyAppend } from "./rules/append.ts";
import { applyCreate } from "./rules/create.ts";
import { applyDelete } from "./rules/delete.ts";
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
  apply(tx: StoreTransaction, now: number): Outcome;
  /** Whether readers of the path have something new to see. */
  isChange(outcome: Outcome): boolean;
}

export function createMutation(request: CreateRequest): Mutation<CreateOutcome> {
  return {
    path: request.path,
    fork: request.fork,
    apply: (tx, now) => applyCreate(tx, request, now),
    isChange: ({ status }) => status === "created",
  };
}

export function appendMutation(request: AppendRequest): Mutation<AppendOutcome> {
  return {
    path: request.path,
    producer: request.producer,
    apply: (tx, now) => applyAppend(tx, request, now),
    isChange: ({ status }) => status === "appended",
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
