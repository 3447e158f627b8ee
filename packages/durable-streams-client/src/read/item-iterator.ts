import { addAsyncDispose, type AsyncDisposableLike } from "@freshet/core";
import type { Batch } from "./batches.ts";

const end: IteratorResult<never, undefined> = { done: true, value: undefined };

/** Where the batches come from. */
interface ItemSource {
  /** False once it was cancelled or a signal aborted: what has arrived by then is dropped. */
  readonly isRunning: boolean;
  throwIfAborted(): void;
  close(): void;
}

/**
 * Yields the items of batches one by one. An async generator would cost more per item than JSON.parse
 * does, so this iterator is written by hand.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the interface adds Symbol.asyncDispose
export class ItemIterator<T, R> implements AsyncIterableIterator<R> {
  readonly #batches: AsyncGenerator<Batch<T[]>, void, undefined>;
  /** Called for every item as it is delivered; `count` is where the item ends in its segment. */
  readonly #deliver: (item: T, batch: Batch<T[]>, count: number) => R;
  /** Called for a batch without items; what it returns is delivered, unless it is `undefined`. */
  readonly #deliverEmpty: (batch: Batch<T[]>) => R | undefined;
  readonly #source: ItemSource;
  #batch: Batch<T[]> | undefined;
  #index: number = 0;
  /** Calls that wait for a batch; later calls wait behind them, so that items keep their order. */
  #waiting: number = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    batches: AsyncGenerator<Batch<T[]>, void, undefined>,
    deliver: (item: T, batch: Batch<T[]>, count: number) => R,
    deliverEmpty: (batch: Batch<T[]>) => R | undefined,
    source: ItemSource,
  ) {
    this.#batches = batches;
    this.#deliver = deliver;
    this.#deliverEmpty = deliverEmpty;
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
    // A generator that was never started does not run its own `finally`.
    this.#source.close();
    await this.#batches.return();
    return end;
  }

  readonly #leave = (): void => {
    this.#waiting--;
  };

  #take(batch: Batch<T[]>): R {
    const item = batch.data[this.#index++] as T;
    return this.#deliver(item, batch, batch.from + this.#index);
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
      if (value.data.length > 0) continue;
      const event = this.#deliverEmpty(value);
      if (event !== undefined) return { done: false, value: event };
    }
  }
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- the method is added below
export interface ItemIterator<T, R> extends AsyncDisposableLike {}
addAsyncDispose(ItemIterator.prototype);
