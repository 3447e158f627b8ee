import { addAsyncDispose } from "./async-dispose.ts";
import { linkedAbort } from "./linked-abort.ts";

/**
 * An async generator whose `return` takes effect immediately. A plain one that waits for its source queues
 * `return` behind that wait, so a silent source would never be released. Supports `await using`.
 *
 * @param generate - called by the first `next` or `return`; must end soon after its signal fires. Whatever it
 * throws after `return` was called counts as its end
 * @param signal - fires the signal of `generate`, with its own reason
 */
export function stoppableGenerator<T>(
  generate: (stop: AbortSignal) => AsyncGenerator<T, undefined, undefined>,
  signal?: AbortSignal,
): AsyncGenerator<T, undefined, undefined> {
  return new StoppableGenerator(generate, signal);
}

class StoppableGenerator<T> implements AsyncGenerator<T, undefined, undefined> {
  static {
    addAsyncDispose(this.prototype);
  }

  readonly #generate: (stop: AbortSignal) => AsyncGenerator<T, undefined, undefined>;
  readonly #signal: AbortSignal | undefined;
  #stop: AbortController | undefined;
  #generator: AsyncGenerator<T, undefined, undefined> | undefined;

  constructor(
    generate: (stop: AbortSignal) => AsyncGenerator<T, undefined, undefined>,
    signal: AbortSignal | undefined,
  ) {
    this.#generate = generate;
    this.#signal = signal;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    const stop = (this.#stop ??= linkedAbort(this.#signal));
    try {
      const result = await (this.#generator ??= this.#generate(stop.signal)).next();
      if (result.done) stop.abort(returned);
      return result;
    } catch (error) {
      const wasReturned = stop.signal.reason === returned;
      stop.abort(returned);
      if (!wasReturned) throw error;
      return { done: true, value: undefined };
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    const stop = (this.#stop ??= linkedAbort(this.#signal));
    stop.abort(returned);
    // Also one that has not begun: its source may hold something that must be released.
    const generator = (this.#generator ??= this.#generate(stop.signal));
    try {
      await generator.return(undefined);
    } catch (error) {
      if (error !== returned) throw error;
    }
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const returned: unique symbol = Symbol();
