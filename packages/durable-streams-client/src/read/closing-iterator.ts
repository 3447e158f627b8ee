import { addAsyncDispose, type AsyncDisposableLike } from "@freshet/core";

/** The iterators of a {@link StreamResponse}; `return`, and `await using`, free the connection. */
export type StreamIterator<T> = AsyncIterableIterator<T> & AsyncDisposableLike;

/**
 * An iterator that closes its source when its consumer leaves early. A generator that was never
 * started runs none of its own clean-up then.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the interface adds Symbol.asyncDispose
export class ClosingIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #iterator: AsyncIterator<T, void>;
  readonly #source: { close(): void };

  constructor(iterator: AsyncIterator<T, void>, source: { close(): void }) {
    this.#iterator = iterator;
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#iterator.next() as Promise<IteratorResult<T, undefined>>;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#source.close();
    await this.#iterator.return?.();
    return { done: true, value: undefined };
  }
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- the method is added below
export interface ClosingIterator<T> extends AsyncDisposableLike {}
addAsyncDispose(ClosingIterator.prototype);
