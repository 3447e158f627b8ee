/**
 * Anything that bytes come out of: a `Response.body`, a Node `Readable`, an array of chunks, a
 * generator. Chunks may be cut anywhere.
 */
export type ByteSource =
  ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Options of {@link iterateBytes}. */
export interface IterateBytesOptions {
  /** Ends the loop at once with the signal's own reason, and cancels the source. */
  signal?: AbortSignal | undefined;
  /**
   * The longest wait for one chunk, in milliseconds. Only waiting counts: a slow consumer does not
   * make its source late. Needs {@link IterateBytesOptions.idleError}. From 2 ** 31 on, `Infinity`
   * included, there is no limit.
   */
  idleTimeoutMs?: number | undefined;
  /** Makes the error that the loop throws when the source was silent for `idleTimeoutMs`. */
  idleError?: (() => Error) | undefined;
}

/**
 * One way to read every kind of {@link ByteSource}. Leaving the loop, an abort or an idle timeout
 * cancels the source, also while a read of it is pending; a source that is itself broken throws its
 * own error. One-shot: iterate the result once.
 *
 * @example
 * ```ts
 * import { iterateBytes } from "@freshet/core";
 *
 * const response = new Response("three short words");
 * let size = 0;
 * for await (const chunk of iterateBytes(response.body ?? [])) size += chunk.byteLength;
 * console.log(size); // 17
 * ```
 */
export function iterateBytes(
  source: ByteSource,
  options: IterateBytesOptions = {},
): AsyncIterableIterator<Uint8Array, undefined> {
  return new ByteIterator(openByteSource(source), options);
}

/** A {@link ByteSource} of any kind, opened: one chunk a call, one call at a time. */
export interface OpenByteSource {
  read(): Promise<IteratorResult<Uint8Array, unknown>>;
  /** Tells the source that nobody reads any more. Never waits for a pending read. */
  cancel(reason?: unknown): Promise<unknown>;
}

/**
 * The least that reading every kind of {@link ByteSource} takes, for code that has its own loop and
 * cannot afford a second one. {@link iterateBytes} is what everybody else wants.
 */
export function openByteSource(source: ByteSource): OpenByteSource {
  // Before the async iterator, which a ReadableStream has too: its reader is faster and can be
  // cancelled while a read is pending.
  if ("getReader" in source) {
    const reader = source.getReader();
    return {
      read: () => reader.read(),
      cancel: (reason) => reader.cancel(reason),
    };
  }
  if (Symbol.asyncIterator in source) {
    const iterator = source[Symbol.asyncIterator]();
    return {
      // Not an async function: it would take three more turns of the microtask queue a chunk.
      read: () => Promise.resolve(iterator.next()),
      cancel: async () => iterator.return?.(),
    };
  }
  const iterator = source[Symbol.iterator]();
  // Inside the promises, so that a source that throws rejects, like one that is asynchronous.
  return {
    read: () => new Promise((resolve) => resolve(iterator.next())),
    cancel: () => new Promise((resolve) => resolve(iterator.return?.())),
  };
}

class ByteIterator implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: OpenByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #idleTimeoutMs: number | undefined;
  readonly #idleError: (() => Error) | undefined;
  #ended = false;
  /** Rejects the pending read from outside: by an abort or the idle timer. */
  #interrupt: ((reason: unknown) => void) | undefined;
  #waitingSince = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: OpenByteSource, options: IterateBytesOptions) {
    this.#source = source;
    this.#signal = options.signal;
    this.#idleError = options.idleError;
    this.#idleTimeoutMs = options.idleError && options.idleTimeoutMs;
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#ended) return { done: true, value: undefined };
    if (this.#signal?.aborted) {
      // Between two reads: the source was cancelled when it happened.
      this.#close();
      throw this.#signal.reason;
    }
    try {
      const result = await this.#read();
      if (!result.done) return result;
      this.#close();
      return { done: true, value: undefined };
    } catch (error) {
      return this.#fail(error);
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#ended) {
      this.#close();
      await this.#source.cancel();
    }
    return { done: true, value: undefined };
  }

  #read(): Promise<IteratorResult<Uint8Array, unknown>> {
    const read = this.#source.read();
    if (!this.#signal && this.#idleTimeoutMs === undefined) return read;
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      this.#watchForSilence();
      read.then(
        (result) => {
          this.#interrupt = undefined;
          resolve(result);
        },
        (error: unknown) => {
          this.#interrupt = undefined;
          reject(error);
        },
      );
    });
  }

  /** One timer for many reads: it is set again only when it fires, not at every chunk. */
  #watchForSilence(): void {
    const limit = this.#idleTimeoutMs;
    // A timer that is to wait longer than it can fires at once.
    if (limit === undefined || limit >= 2 ** 31) return;
    this.#waitingSince = performance.now();
    this.#timer ??= setTimeout(this.#onTimer, limit);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const limit = this.#idleTimeoutMs;
    if (!this.#interrupt || limit === undefined) return;
    const left = this.#waitingSince + limit - performance.now();
    if (left <= 0) this.#interrupt(this.#idleError?.());
    else this.#timer = setTimeout(this.#onTimer, left);
  };

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal?.reason;
    if (this.#interrupt) this.#interrupt(reason);
    else this.#cancelSource(reason);
  };

  #fail(error: unknown): never {
    this.#close();
    this.#cancelSource(error);
    throw error;
  }

  /** Does not wait: a source that hangs must not hold back the error that ends it. */
  #cancelSource(reason: unknown): void {
    this.#source.cancel(reason).catch(() => {
      // The loop already ends with the error that matters; a source that fails to close adds nothing.
    });
  }

  #close(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
