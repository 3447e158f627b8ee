import { ignoreRejection } from "../async/abortable.ts";
import { SilenceTimer } from "../async/timer.ts";
import { FreshetError } from "../error.ts";

/**
 * Anything that bytes come out of: a `Response.body`, a Node `Readable`, an array of chunks, a
 * generator. Chunks may be cut anywhere.
 */
export type ByteSource =
  ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Options of {@link iterateBytes}. */
export interface IterateBytesOptions {
  /** Ends the loop immediately with the signal's own reason, and cancels the source. */
  signal?: AbortSignal | undefined;
  /**
   * The longest wait for one chunk, in milliseconds. Only waiting counts: a slow consumer does not
   * make its source late. From 2 ** 31 on, `Infinity` included, there is no limit, as by default.
   */
  idleTimeoutMs?: number | undefined;
  /** Makes the error of a source that was silent for `idleTimeoutMs`. Default: a FreshetError `IDLE_TIMEOUT`. */
  idleError?: ((idleTimeoutMs: number) => Error) | undefined;
}

/**
 * Reads every kind of {@link ByteSource}. Leaving the loop, an abort or an idle timeout cancels the source,
 * also while a read of it is pending; a source that is itself broken throws its own error. The result
 * can be iterated once.
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

/** A {@link ByteSource} of any kind, opened: one chunk per call, one call at a time. */
export interface OpenByteSource {
  read(): Promise<IteratorResult<Uint8Array, unknown>>;
  /** Reports to the source that nobody reads any more. Never waits for a pending read. */
  cancel(reason?: unknown): Promise<unknown>;
}

/**
 * Opens a {@link ByteSource} of any kind, for code that has a loop of its own and cannot afford a second one.
 * Everybody else wants {@link iterateBytes}.
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
      // Not an async function, which would take three more turns of the microtask queue per chunk.
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
  readonly #silence: SilenceTimer;
  readonly #isGuarded: boolean;
  #ended = false;
  /** Rejects the pending read from outside: by an abort or the idle timer. */
  #interrupt: ((reason: unknown) => void) | undefined;

  constructor(source: OpenByteSource, { signal, idleTimeoutMs, idleError }: IterateBytesOptions) {
    this.#source = source;
    this.#signal = signal;
    this.#isGuarded = signal !== undefined || idleTimeoutMs !== undefined;
    this.#silence = new SilenceTimer(idleTimeoutMs, () => {
      this.#interrupt?.((idleError ?? idleTimeout)(idleTimeoutMs ?? 0));
    });
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
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
    if (!this.#isGuarded) return read;
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      this.#silence.start();
      const settle = () => {
        this.#interrupt = undefined;
        this.#silence.stop();
      };
      read.then(
        (result) => {
          settle();
          resolve(result);
        },
        (error: unknown) => {
          settle();
          reject(error);
        },
      );
    });
  }

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
    this.#source.cancel(reason).catch(ignoreRejection);
  }

  #close(): void {
    this.#ended = true;
    this.#silence.close();
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

function idleTimeout(idleTimeoutMs: number): FreshetError<"IDLE_TIMEOUT"> {
  return new FreshetError(
    "IDLE_TIMEOUT",
    `The source sent nothing for ${idleTimeoutMs} ms: raise idleTimeoutMs if it may pause longer.`,
    { retryable: true },
  );
}
