/**
 * An async generator whose `return` is heard at once. A plain one that waits for its source puts
 * `return` in a queue behind the wait, so a source that is silent would never be let go.
 */
export class StoppableGenerator<T> implements AsyncGenerator<T, undefined, undefined> {
  readonly #generate: (stop: AbortSignal) => AsyncGenerator<T, undefined, undefined>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  #generator: AsyncGenerator<T, undefined, undefined> | undefined;

  /**
   * @param signal - the user's signal, followed by the one that `generate` gets
   * @param generate - called for the first item; must end soon after its signal fires. Once `return`
   * was called, whatever it then throws is taken as the end
   */
  constructor(
    signal: AbortSignal | undefined,
    generate: (stop: AbortSignal) => AsyncGenerator<T, undefined, undefined>,
  ) {
    this.#signal = signal;
    this.#generate = generate;
    if (signal?.aborted) this.#follow();
    signal?.addEventListener("abort", this.#follow);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    const stop = this.#stop.signal;
    try {
      const result = await (this.#generator ??= this.#generate(stop)).next();
      if (result.done) this.#unfollow();
      return result;
    } catch (error) {
      this.#unfollow();
      if (stop.reason !== returned) throw error;
      return { done: true, value: undefined };
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#unfollow();
    this.#stop.abort(returned);
    // Also one that has not begun: its source may hold something that has to be let go.
    const generator = (this.#generator ??= this.#generate(this.#stop.signal));
    try {
      await generator.return(undefined);
    } catch (error) {
      if (error !== returned) throw error;
    }
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #follow = (): void => this.#stop.abort(this.#signal?.reason);

  #unfollow(): void {
    this.#signal?.removeEventListener("abort", this.#follow);
  }
}

const returned: unique symbol = Symbol();
