/** Options of {@link TokenBatcher}. */
export interface TokenBatcherOptions {
  /** How long text is gathered, in milliseconds; 0 lets every piece through at once. Default 50. */
  intervalMs?: number | undefined;
  /** A monotonic clock in milliseconds. Default `performance.now`. */
  now?: (() => number) | undefined;
}

/**
 * Joins small pieces of text into fewer, larger ones, at most one every `intervalMs`. It has no timer:
 * text stays inside until the next {@link TokenBatcher.add} or {@link TokenBatcher.flush}. Where text
 * must never wait for more text, use `batchTokens`.
 *
 * @example
 * ```ts
 * import { TokenBatcher } from "@freshet/agent-sse";
 *
 * const batcher = new TokenBatcher({ intervalMs: 0 });
 * console.log(batcher.add("Hello")); // Hello
 * ```
 */
export class TokenBatcher {
  readonly #intervalMs: number;
  readonly #now: () => number;
  #pieces: string[] = [];
  #lastFlush: number;

  constructor({ intervalMs = 50, now = () => performance.now() }: TokenBatcherOptions = {}) {
    this.#intervalMs = intervalMs;
    this.#now = now;
    this.#lastFlush = now();
  }

  /** True from the first `add`, also of `""`, until the text is handed out. */
  get hasContent(): boolean {
    return this.#pieces.length > 0;
  }

  /** Milliseconds until an `add` would hand the text out; 0 when it is due. */
  get dueInMs(): number {
    return Math.max(0, this.#lastFlush + this.#intervalMs - this.#now());
  }

  /** Adds a piece. Returns everything gathered when the interval has passed since the last time. */
  add(text: string): string | undefined {
    this.#pieces.push(text);
    return this.#now() - this.#lastFlush >= this.#intervalMs ? this.flush() : undefined;
  }

  /** Everything gathered, or `undefined` when there is nothing; an empty flush leaves the clock alone. */
  flush(): string | undefined {
    if (this.#pieces.length === 0) return undefined;
    const text = this.#pieces.join("");
    this.#pieces = [];
    this.#lastFlush = this.#now();
    return text;
  }
}
