import { addAsyncDispose, FreshetError, iterateBytes, type ByteSource } from "@freshet/core";
import { BedrockError } from "../bedrock-error.ts";
import { PrimedParser, StagedParser, type PushParser, type Stage } from "./push-parser.ts";

/** Timers cannot be longer. */
export const maxTimerMs: number = 2 ** 31 - 1;

/** Options of everything that reads a response body. */
export interface ReadOptions {
  /** Ends the stream at once with the signal's own reason, and cancels the source. */
  signal?: AbortSignal | undefined;
  /**
   * The longest wait for the next bytes, in milliseconds; then IDLE_TIMEOUT. Default, and what lies
   * beyond a timer's 24 days: no limit.
   */
  idleTimeoutMs?: number | undefined;
  /** Goes into every error. */
  requestId?: string | undefined;
}

/** What only the client needs. */
export interface StreamOptions extends ReadOptions {
  /** Called once, when nothing more will be read. */
  onEnd?: (() => void) | undefined;
}

/**
 * The async iterator around a {@link PushParser}. Written by hand because it has one asynchronous
 * step for each chunk of bytes, where a generator has several for each value. It is used like a
 * generator: calls of `next` queue, `return` cancels the source.
 */
export class ParsedStream<T> {
  static {
    addAsyncDispose(this.prototype);
  }

  readonly #bytes: LazyBytes;
  readonly #parser: PushParser<T>;
  readonly #options: StreamOptions;
  /** What reads on in place of this stream; closing this one closes it. */
  #successor: ParsedStream<unknown> | undefined;
  #fresh = true;
  /** `ending`: no more bytes, but perhaps values. */
  #state: "open" | "ending" | "closed" = "open";
  /** What to throw when no values are left. */
  #failure: { error: unknown } | undefined;
  /** The last call of `next` that had to wait; later calls queue behind it. */
  #pending: Promise<unknown> | undefined;

  constructor(source: ByteSource | LazyBytes, parser: PushParser<T>, options: StreamOptions = {}) {
    this.#bytes = source instanceof LazyBytes ? source : new LazyBytes(source, options);
    this.#parser = parser;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether no value has been read yet. */
  get fresh(): boolean {
    return this.#fresh;
  }

  /**
   * Waits for the first value without taking it. Afterwards this stream is spent and the one that is
   * returned has all values.
   */
  async prime(): Promise<ParsedStream<T>> {
    const first = await this.next();
    const parser = first.done ? this.#parser : new PrimedParser(first.value, this.#parser);
    return new ParsedStream(this.#bytes, parser, this.#options);
  }

  /** The same bytes with one more stage. This stream must be fresh, and is spent by it. */
  through<Out>(stage: Stage<T, Out>): ParsedStream<Out> {
    this.#fresh = false;
    this.#state = "closed";
    const parser = new StagedParser(this.#parser, stage);
    const successor = new ParsedStream(this.#bytes, parser, this.#options);
    this.#successor = successor;
    return successor;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#fresh = false;
    if (this.#pending === undefined && this.#state === "open") {
      const value = this.#readParser();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    return this.#enqueue();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#fresh = false;
    await this.#successor?.return();
    if (this.#state !== "closed") {
      this.#close();
      await this.#bytes.cancel();
    }
    return { done: true, value: undefined };
  }

  async throw(error?: unknown): Promise<IteratorResult<T, undefined>> {
    await this.return();
    throw error;
  }

  #enqueue(): Promise<IteratorResult<T, undefined>> {
    const pull = () => this.#pull();
    const result = this.#pending ? this.#pending.then(pull, pull) : pull();
    const settled = () => {
      if (this.#pending === result) this.#pending = undefined;
    };
    this.#pending = result;
    result.then(settled, settled);
    return result;
  }

  async #pull(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      if (this.#state === "closed") return this.#finish();
      const before = this.#state;
      const value = this.#readParser();
      if (value !== undefined) return { done: false, value };
      if (this.#state !== before) continue;
      if (before === "ending") this.#state = "closed";
      else await this.#readBytes();
    }
  }

  #finish(): IteratorResult<T, undefined> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
    return { done: true, value: undefined };
  }

  #readParser(): T | undefined {
    const { signal } = this.#options;
    try {
      if (signal?.aborted) throw signal.reason;
      return this.#parser.read();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async #readBytes(): Promise<void> {
    let result: IteratorResult<Uint8Array, unknown>;
    try {
      result = await this.#bytes.next();
    } catch (error) {
      this.#fail(sourceError(error, this.#options.signal));
      return;
    }
    if (this.#state === "closed") return; // return() was called while the read was pending.
    try {
      if (result.done) {
        this.#parser.end();
        this.#state = "ending";
        this.#options.onEnd?.();
      } else {
        this.#parser.push(result.value);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const wasOpen = this.#state === "open";
    const { requestId, signal } = this.#options;
    this.#close();
    // Not awaited: a source that hangs must not hold back the error.
    this.#bytes.cancel().catch(() => undefined);
    if (signal?.aborted && error === signal.reason) {
      this.#failure = { error };
      return;
    }
    const failure =
      error instanceof BedrockError && requestId !== undefined ? error.with({ requestId }) : error;
    if (!this.#parser.fail?.(failure)) this.#failure = { error: failure };
    // A parser that cannot be told of the failure would only throw again.
    if (wasOpen && this.#parser.fail) this.#state = "ending";
  }

  #close(): void {
    if (this.#state === "open") this.#options.onEnd?.();
    this.#state = "closed";
  }
}

/** The chunks of a source that is opened by the first read. */
class LazyBytes {
  readonly #open: () => AsyncIterableIterator<Uint8Array>;
  #iterator: AsyncIterableIterator<Uint8Array> | undefined;

  constructor(source: ByteSource, { signal, idleTimeoutMs = Infinity }: ReadOptions) {
    const limits = idleTimeoutMs <= maxTimerMs && {
      idleTimeoutMs,
      idleError: () => idleError(idleTimeoutMs),
    };
    this.#open = () => iterateBytes(source, { signal, ...limits });
  }

  next(): Promise<IteratorResult<Uint8Array, unknown>> {
    this.#iterator ??= this.#open();
    return this.#iterator.next();
  }

  async cancel(): Promise<void> {
    this.#iterator ??= this.#open();
    await this.#iterator.return?.();
  }
}

/** A {@link ParsedStream} does all that a generator does. */
export function asGenerator<T>(stream: ParsedStream<T>): AsyncGenerator<T, undefined> {
  return stream;
}

/** What a read of the source failed with: the abort's own reason, a typed error, or the network. */
function sourceError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof FreshetError || (signal?.aborted && error === signal.reason)) return error;
  // Somebody else's signal closed the source: a fetch that was given one, for example.
  if (error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError")) {
    return error;
  }
  return new BedrockError("NETWORK", `The connection broke inside the response: ${String(error)}`, {
    cause: error,
  });
}

function idleError(idleTimeoutMs: number): BedrockError {
  return new BedrockError(
    "IDLE_TIMEOUT",
    `Bedrock sent nothing for ${idleTimeoutMs} ms inside the response; raise idleTimeoutMs for a model that pauses longer.`,
  );
}
