import { DurableStreamsServerError } from "./errors.ts";
import type { Operation } from "./mutation.ts";

interface Waiting {
  readonly operation: Operation<unknown>;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Commits operations in one transaction and gives their outcomes, in order. */
export type CommitBatch = (
  operations: readonly Operation<unknown>[],
) => Promise<readonly unknown[]>;

/** So many operations go into one transaction at most: a long one holds the others up. */
const MAX_OPERATIONS = 1024;

/**
 * Group commit: while one transaction is being made durable, all that comes waits, and is then the
 * next transaction. One flush serves as many writers as there are; a single writer never waits for
 * others to come.
 */
export class GroupCommit {
  readonly #commit: CommitBatch;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(commit: CommitBatch) {
    this.#commit = commit;
  }

  run<Outcome>(operation: Operation<Outcome>): Promise<Outcome> {
    if (this.#isClosed) {
      return Promise.reject(new DurableStreamsServerError("STORE_CLOSED", "The store is closed."));
    }
    return new Promise<Outcome>((resolve, reject) => {
      this.#waiting.push({
        operation,
        resolve: resolve as (outcome: unknown) => void,
        reject,
      });
      this.#running ??= this.#runAll();
    });
  }

  /** Commits what waits, and refuses what comes later. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #runAll(): Promise<void> {
    // The requests that arrived together are read in one turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_OPERATIONS);
      try {
        const outcomes = await this.#commit(batch.map(({ operation }) => operation));
        for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index]);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = undefined;
  }
}
