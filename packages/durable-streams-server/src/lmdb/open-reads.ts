import { DurableStreamsServerError } from "../store/errors.ts";

/**
 * The reads that are under way. LMDB must not be read once it is closed: lmdb's timer for the transaction
 * of that read would throw, and end the process.
 */
export class OpenReads {
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  run<T>(read: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      return Promise.reject(new DurableStreamsServerError("STORE_CLOSED", "The store is closed."));
    }
    const reading = read();
    const done = () => this.#underWay.delete(reading);
    this.#underWay.add(reading);
    reading.then(done, done);
    return reading;
  }

  /** Resolves when the reads under way have ended, and refuses later ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
  }
}
