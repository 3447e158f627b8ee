/**
 * An async generator whose `return` is heard at once. A plain one that waits for its source puts
 * `return` in a queue behind the wait, so a source that is silent would never be let go.
 */
export class StoppableGenerator<T> implements AsyncGenerator<T, undefined, undefined> {
  readonly #generator: AsyncGenerator<T, undefined, undefined>;
  readonly #stop = new AbortController();
  readonly #unfollow: () => void;

  /**
   * @param signal - the user's signal, followed by the one that `generate` gets
   * @param generate - must end soon after its signal fires; once `return` was called, whatever it
   * then throws is taken as the end
   */
  constructor(
    signal: AbortSignal | undefined,
    generate: (stop: AbortSignal) => AsyncGenerator<T, undefined, undefined>,
  ) {
    const follow = () => this.#stop.abort(signal?.reason);
    if (signal?.aborted) follow();
    signal?.addEventListener("abort", follow, { once: true });
    this.#unfollow = () => signal?.removeEventListener("abort", follow);
    this.#generator = generate(this.#stop.signal);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const result = await this.#generator.next();
      if (result.done) this.#unfollow();
      return result;
    } catch (error) {
      this.#unfollow();
      if (this.#stop.signal.reason === returned) return { done: true, value: undefined };
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#unfollow();
    this.#stop.abort(returned);
    await this.#generator.return(undefined).catch((error: unknown) => {
      if (error !== returned) throw error;
    });
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const returned: unique symbol = Symbol("returned");
