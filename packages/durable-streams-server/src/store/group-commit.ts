import { DurableStreamsServerError } from "./errors.ts";
import type { Mutation } from "./mutation.ts";

interface Waiting {
  readonly mutation: Mutation<unknown>;
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Commits mutations in one transaction and resolves to their outcomes, in order. */
export type CommitBatch = (mutations: readonly Mutation<unknown>[]) => Promise<readonly unknown[]>;

/** The most mutations of one transaction: a long one delays all that wait behind it. */
const MAX_MUTATIONS = 1024;

/** The most data of one transaction, in bytes, unless a single mutation has more. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Group commit: mutations that arrive while a transaction is being made durable form the next one. One
 * flush serves every writer that waits, and a single writer never waits for others to arrive.
 */
export class GroupCommit {
  readonly #commit: CommitBatch;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(commit: CommitBatch) {
    this.#commit = commit;
  }

  run<Outcome>(mutation: Mutation<Outcome>): Promise<Outcome> {
    if (this.#isClosed) {
      return Promise.reject(new DurableStreamsServerError("STORE_CLOSED", "The store is closed."));
    }
    return new Promise<Outcome>((resolve, reject) => {
      this.#waiting.push({
        mutation,
        resolve: resolve as (outcome: unknown) => void,
        reject,
      });
      this.#running ??= this.#runAll();
    });
  }

  /** Commits what waits, and refuses later mutations. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  /** How many of those that wait form the next batch. */
  #batchLength(): number {
    let bytes = 0;
    for (const [index, { mutation }] of this.#waiting.entries()) {
      bytes += mutation.bytes ?? 0;
      if (index > 0 && (index === MAX_MUTATIONS || bytes > MAX_BYTES)) return index;
    }
    return this.#waiting.length;
  }

  async #runAll(): Promise<void> {
    // Requests that arrive together are read in one turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#batchLength());
      try {
        const outcomes = await this.#commit(batch.map(({ mutation }) => mutation));
        for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index]);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = undefined;
  }
}
