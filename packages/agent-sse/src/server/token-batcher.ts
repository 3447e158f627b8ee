import {
  aFunction,
  checkOptions,
  maxTimerMs,
  numberBetween,
  type OptionRules,
} from "@freshet/core";
import { invalidOption } from "../wire/error.ts";

/** Options of {@link TokenBatcher}. */
export interface TokenBatcherOptions {
  /** How long text is gathered, in milliseconds; 0 lets every piece through immediately. Default 50. */
  intervalMs?: number | undefined;
  /** A monotonic clock in milliseconds. Default `performance.now`. */
  now?: (() => number) | undefined;
}

export const tokenBatcherRules: OptionRules<TokenBatcherOptions> = {
  intervalMs: numberBetween(0, maxTimerMs),
  now: aFunction,
};

/**
 * Joins small pieces of text into fewer, larger ones, at most one per `intervalMs`. It has no timer: text
 * stays inside until the next {@link TokenBatcher.add} or {@link TokenBatcher.flush}. Use `batchTokens`
 * where text must not wait for more text.
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

  /** @throws AgentStreamError `INVALID_OPTION` */
  constructor(options: TokenBatcherOptions = {}) {
    checkOptions(options, tokenBatcherRules, invalidOption);
    const { intervalMs = 50, now = () => performance.now() } = options;
    this.#intervalMs = intervalMs;
    this.#now = now;
    this.#lastFlush = now();
  }

  /** True from the first `add`, also of `""`, until the text is returned. */
  get hasContent(): boolean {
    return this.#pieces.length > 0;
  }

  /** Milliseconds until an `add` would return the text; 0 when it is due. */
  get dueInMs(): number {
    return Math.max(0, this.#lastFlush + this.#intervalMs - this.#now());
  }

  /** Adds a piece. Returns everything gathered if the interval has passed since the last return. */
  add(text: string): string | undefined {
    this.#pieces.push(text);
    return this.#now() - this.#lastFlush >= this.#intervalMs ? this.flush() : undefined;
  }

  /** Returns everything gathered, or `undefined` if there is nothing; the clock then keeps running. */
  flush(): string | undefined {
    if (this.#pieces.length === 0) return undefined;
    const text = this.#pieces.join("");
    this.#pieces = [];
    this.#lastFlush = this.#now();
    return text;
  }
}
