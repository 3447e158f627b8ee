import type { Batch } from "./batches.ts";

const end: IteratorResult<never, undefined> = { done: true, value: undefined };

/** Where the batches come from. */
interface ItemSource {
  /** False once it was cancelled or a signal aborted: what has come by then is not given either. */
  readonly isRunning: boolean;
  throwIfAborted(): void;
  close(): void;
}

/**
 * One item after the other out of batches. Written by hand, for an async generator costs more an
 * item than JSON.parse does.
 */
export class ItemIterator<T, R = T> implements AsyncIterableIterator<R> {
  readonly #batches: AsyncGenerator<Batch<T[]>, void, undefined>;
  /** Called for every item as it is given. */
  readonly #give: (item: T, batch: Batch<T[]>, count: number) => R;
  readonly #source: ItemSource;
  #batch: Batch<T[]> | undefined;
  #index: number = 0;
  /** Calls that wait for a batch; the ones after them wait too, or they would overtake. */
  #waiting: number = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    batches: AsyncGenerator<Batch<T[]>, void, undefined>,
    give: (item: T, batch: Batch<T[]>, count: number) => R,
    source: ItemSource,
  ) {
    this.#batches = batches;
    this.#give = give;
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    const isReady = this.#batch && this.#index < this.#batch.data.length;
    if (this.#batch && isReady && this.#waiting === 0 && this.#source.isRunning) {
      return Promise.resolve({ done: false, value: this.#take(this.#batch) });
    }
    this.#waiting++;
    const result = this.#queue.then(() => this.#pull());
    this.#queue = result.then(this.#leave, this.#leave);
    return result;
  }

  async return(): Promise<IteratorResult<R, undefined>> {
    this.#batch = undefined;
    // A generator that was never started would not clean up after itself.
    this.#source.close();
    await this.#batches.return();
    return end;
  }

  readonly #leave = (): void => {
    this.#waiting--;
  };

  #take(batch: Batch<T[]>): R {
    const item = batch.data[this.#index++] as T;
    return this.#give(item, batch, batch.from + this.#index);
  }

  async #pull(): Promise<IteratorResult<R, undefined>> {
    for (;;) {
      if (this.#batch && this.#index < this.#batch.data.length) {
        if (this.#source.isRunning) return { done: false, value: this.#take(this.#batch) };
        await this.return();
        this.#source.throwIfAborted();
        return end;
      }
      const { done, value } = await this.#batches.next();
      if (done) return end;
      this.#batch = value;
      this.#index = 0;
    }
  }
}
