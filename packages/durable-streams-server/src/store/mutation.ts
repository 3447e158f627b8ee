import { applyAppend, applyCreate, applyDelete, applyTouch } from "./rules/append.ts";
import type { AppendRequest, CreateRequest, ForkRequest, Producer } from "./store.ts";
import type { StoreTransaction } from "./transaction.ts";

/** One change that waits for its transaction, and what it will ask of it. */
export interface Operation<Outcome> {
  readonly path: string;
  readonly producer?: Producer | undefined;
  readonly fork?: ForkRequest | undefined;
  apply(tx: StoreTransaction, now: number): Outcome;
  /** Whether readers of the path have something new to see. */
  isChange(outcome: Outcome): boolean;
}

type Create = Operation<ReturnType<typeof applyCreate>>;
type Append = Operation<ReturnType<typeof applyAppend>>;
type Delete = Operation<ReturnType<typeof applyDelete>>;

export function createOperation(request: CreateRequest): Create {
  return {
    path: request.path,
    fork: request.fork,
    apply: (tx, now) => applyCreate(tx, request, now),
    isChange: ({ status }) => status === "created",
  };
}

export function appendOperation(request: AppendRequest): Append {
  return {
    path: request.path,
    producer: request.producer,
    apply: (tx, now) => applyAppend(tx, request, now),
    isChange: ({ status }) => status === "appended",
  };
}

export function deleteOperation(path: string): Delete {
  return {
    path,
    apply: (tx, now) => applyDelete(tx, path, now),
    isChange: (outcome) => outcome === "removed" || outcome === "kept-for-forks",
  };
}

export function touchOperation(path: string): Operation<void> {
  return {
    path,
    apply: (tx, now) => {
      applyTouch(tx, path, now);
    },
    isChange: () => false,
  };
}
