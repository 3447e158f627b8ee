import { ignoreRejection } from "../async/abortable.ts";
import { addAsyncDispose } from "../async/async-dispose.ts";
import {
  iterateBytes,
  openByteSource,
  type ByteSource,
  type IterateBytesOptions,
  type OpenByteSource,
} from "./byte-source.ts";

/** A synchronous parser: bytes in, values out. */
export interface PushParser<T> {
  /** Takes the next bytes, cut anywhere. */
  push(chunk: Uint8Array): unknown;
  /** The next value, or `undefined` if more bytes are needed. Throws at bad input, after all good values. */
  read(): T | undefined;
  /** No more bytes will come; there may be more values to read. Throws if that is too early. */
  end(): void;
  /**
   * Reports to the parser that the stream failed; `read` then gives only what is left.
   *
   * @returns whether the failure has become a value, and must not be thrown as well
   */
  fail?(error: unknown): boolean;
}

/** Options of {@link parseStream}. */
export interface ParseStreamOptions extends IterateBytesOptions {
  /**
   * Gives the error to throw for what went wrong: in reading the source (`"source"`) or in the parser
   * (`"parser"`). Not called for the reason of the signal, which is always thrown as it is.
   */
  toError?: ((error: unknown, origin: "source" | "parser") => unknown) | undefined;
  /** Called once, when nothing more is read from the source: at its end, a failure or an early return. */
  onEnd?: (() => void) | undefined;
}

/**
 * Parses a source of bytes. Leaving the loop cancels the source, and nothing is read ahead of the consumer:
 * the source is opened by the first read. Behaves as a generator does (calls of `next` queue) but that
 * `return` is heard immediately, also while the source is silent; supports `await using`.
 *
 * @param parser - a parser, or a function that loads one for the first read
 * @throws what the parser throws, after every value before it; the errors of the source; an idle timeout;
 * the signal's own reason on abort
 */
export function parseStream<T>(
  source: ByteSource | OpenByteSource,
  parser: PushParser<T> | (() => Promise<PushParser<T>>),
  options: ParseStreamOptions = {},
): AsyncGenerator<T, undefined> {
  return new ParsedStream(source, parser, options);
}

type Result<T> = IteratorResult<T, undefined>;

const nothing: Promise<Result<never>> = /* @__PURE__ */ Promise.resolve({
  done: true,
  value: undefined,
});

/**
 * Written by hand for its price: a value that is already there costs one settled promise, where a
 * generator takes a suspended function and three turns of the microtask queue.
 */
class ParsedStream<T> implements AsyncGenerator<T, undefined> {
  static {
    addAsyncDispose(this.prototype);
  }

  readonly #source: ByteSource | OpenByteSource;
  readonly #options: ParseStreamOptions;
  #bytes: OpenByteSource | undefined;
  #parser: PushParser<T> | undefined;
  #load: (() => Promise<PushParser<T>>) | undefined;
  /** `ending`: no more bytes, but perhaps values. */
  #state: "open" | "ending" | "closed" = "open";
  /** What to throw when no values are left. */
  #failure: { readonly error: unknown } | undefined;
  /** Calls of `next` that have to wait, each behind the one before. */
  #waitingCalls = 0;
  #last: Promise<Result<T>> = nothing;

  constructor(
    source: ByteSource | OpenByteSource,
    parser: PushParser<T> | (() => Promise<PushParser<T>>),
    options: ParseStreamOptions,
  ) {
    this.#source = source;
    this.#options = options;
    if (typeof parser === "function") this.#load = parser;
    else this.#parser = parser;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<T>> {
    if (this.#waitingCalls === 0 && this.#state === "open") {
      const value = this.#readParser();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    return this.#wait();
  }

  /** Apart from `next`, whose calls without a wait would pay for the closure's context. */
  #wait(): Promise<Result<T>> {
    const pull = () => this.#pull();
    this.#last = this.#waitingCalls++ === 0 ? pull() : this.#last.then(pull, pull);
    return this.#last;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return this.#leave();
  }

  async throw(error: unknown): Promise<never> {
    await this.#leave(error);
    throw error;
  }

  async #leave(reason?: unknown): Promise<IteratorReturnResult<undefined>> {
    const wasOpen = this.#state === "open";
    this.#close();
    this.#failure = undefined;
    if (wasOpen) await this.#open().cancel(reason);
    return { done: true, value: undefined };
  }

  async #pull(): Promise<Result<T>> {
    try {
      for (;;) {
        if (this.#state === "closed") return this.#finish();
        const before = this.#state;
        const value = this.#readParser();
        if (value !== undefined) return { done: false, value };
        if (this.#state !== before) continue;
        if (before === "ending") this.#state = "closed";
        else if (!this.#parser) await this.#loadParser();
        else {
          // Awaited right here: a function for it would cost turns of the microtask queue per chunk.
          try {
            this.#takeChunk(await this.#open().read());
          } catch (error) {
            if (this.#state === "open") this.#fail(error, "source");
          }
        }
      }
    } finally {
      // The last result is not kept: a value can be large.
      if (--this.#waitingCalls === 0) this.#last = nothing;
    }
  }

  #finish(): IteratorReturnResult<undefined> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
    return { done: true, value: undefined };
  }

  async #loadParser(): Promise<void> {
    try {
      this.#parser = await this.#load?.();
    } catch (error) {
      this.#fail(error, "parser");
    }
  }

  #readParser(): T | undefined {
    const { signal } = this.#options;
    try {
      if (signal?.aborted) throw signal.reason;
      return this.#parser?.read();
    } catch (error) {
      this.#fail(error, "parser");
      return undefined;
    }
  }

  #takeChunk(chunk: IteratorResult<Uint8Array, unknown>): void {
    // A source that was cancelled while it was read has not been cut off.
    if (this.#state !== "open") return;
    try {
      if (chunk.done) this.#end();
      else this.#parser?.push(chunk.value);
    } catch (error) {
      this.#fail(error, "parser");
    }
  }

  #end(): void {
    this.#parser?.end();
    this.#state = "ending";
    this.#options.onEnd?.();
  }

  #fail(cause: unknown, origin: "source" | "parser"): void {
    const wasOpen = this.#state === "open";
    const { signal, toError } = this.#options;
    const isAbort = signal?.aborted === true && cause === signal.reason;
    const error = isAbort || !toError ? cause : toError(cause, origin);
    this.#close();
    // Not awaited: a source that is slow to close must not hold back the error.
    if (wasOpen) this.#open().cancel(cause).catch(ignoreRejection);
    const fail = isAbort ? undefined : this.#parser?.fail?.bind(this.#parser);
    if (!fail?.(error)) this.#failure = { error };
    // A parser that cannot be given the failure would only throw again.
    if (wasOpen && fail) this.#state = "ending";
  }

  #close(): void {
    if (this.#state === "open") this.#options.onEnd?.();
    this.#state = "closed";
  }

  #open(): OpenByteSource {
    return (this.#bytes ??= openGuarded(this.#source, this.#options));
  }
}

/** Without a signal and a limit the chunks come straight from the source, which is faster. */
function openGuarded(
  source: ByteSource | OpenByteSource,
  options: ParseStreamOptions,
): OpenByteSource {
  const { signal, idleTimeoutMs } = options;
  if (!signal && idleTimeoutMs === undefined) return openByteSource(source);
  const bytes = iterateBytes(source, options);
  return {
    read: () => bytes.next(),
    cancel: async () => bytes.return?.(),
  };
}
