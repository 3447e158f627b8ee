import { addAsyncDispose } from "@freshet/core";

/**
 * A generator whose code is loaded by its first read. It costs nothing after that: `next` goes straight
 * to the one inside.
 */
export class DeferredGenerator<T> implements AsyncIterable<T> {
  static {
    addAsyncDispose(this.prototype);
  }

  readonly #load: () => Promise<AsyncGenerator<T>>;
  readonly #cancel: () => Promise<unknown>;
  #loading: Promise<AsyncGenerator<T>> | undefined;
  #generator: AsyncGenerator<T> | undefined;

  /** @param cancel - ends what the generator would have read, if it is never read from */
  constructor(load: () => Promise<AsyncGenerator<T>>, cancel: () => Promise<unknown>) {
    this.#load = load;
    this.#cancel = cancel;
  }

  [Symbol.asyncIterator](): AsyncGenerator<T> {
    return this;
  }

  next(): Promise<IteratorResult<T, unknown>> {
    return this.#generator?.next() ?? this.#open().then((generator) => generator.next());
  }

  async return(value?: unknown): Promise<IteratorResult<T, unknown>> {
    if (this.#loading) return (await this.#loading).return(value);
    await this.#cancel();
    return { done: true, value };
  }

  async throw(error?: unknown): Promise<IteratorResult<T, unknown>> {
    await this.return();
    throw error;
  }

  #open(): Promise<AsyncGenerator<T>> {
    this.#loading ??= this.#load().then((generator) => (this.#generator = generator));
    return this.#loading;
  }
}
