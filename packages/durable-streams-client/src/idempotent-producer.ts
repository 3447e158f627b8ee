// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#521-idempotent-producers
import { abortable } from "./http/abortable.ts";
import { type DurableStream, internalsOf, type StreamInternals } from "./durable-stream.ts";
import type { CloseResult } from "./write/durable-stream-options.ts";
import { DurableStreamError, FetchError, InvalidOptionError } from "./errors.ts";
import { checkInteger, checkNumber, checkToken, checkWait } from "./http/endpoint-options.ts";
import { ProducerQueue } from "./write/producer-queue.ts";
import { ProducerSession } from "./write/producer-session.ts";
import { header, isJson } from "./protocol/headers.ts";

/** Options of {@link IdempotentProducer}. */
export interface IdempotentProducerOptions {
  /**
   * The session of this producer id: higher than that of the session before it (0). The first write
   * fences the sessions with lower ones off.
   */
  epoch?: number | undefined;
  /** Takes the next epoch where the server knows this or a higher one already (`false`). */
  autoClaim?: boolean | undefined;
  /** How long a value may wait for company, in milliseconds (5). 0: until the caller's turn ends. */
  lingerMs?: number | undefined;
  /** The largest body of several values, in bytes (1 MiB). */
  maxBatchBytes?: number | undefined;
  /** The most values in one request (no limit). */
  maxBatchItems?: number | undefined;
  /** Called once, when the producer fails for good; `notStored` has the values. */
  onError?: ((error: unknown) => void) | undefined;
}

interface Waiter {
  /** The number of stored values it waits for. */
  readonly target: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes every value exactly once and in order, through dropped connections, timeouts and 5xx: each
 * batch has a number, and the server drops one that it has. Batches go one after the other. They are
 * retried until they are stored, unless the stream's `backoff.maxRetries` or `signal` says otherwise.
 *
 * A producer that cannot go on (fenced off, stream closed or deleted) fails as a whole, so that no
 * later value takes the place of a lost one: `flush()` and `append()` then throw that error.
 *
 * @example
 * ```ts
 * import { DurableStream, IdempotentProducer } from "@freshet/durable-streams-client";
 *
 * const stream = await DurableStream.connect({ url: "https://streams.example.com/chat" });
 * const producer = new IdempotentProducer(stream, "agent-7", { autoClaim: true });
 * for (const word of ["every", "word", "once"]) producer.append({ word });
 * await producer.flush(); // rejects with what was not stored
 * await producer.close({ word: "end" }); // the last value and the end of the stream, in one step
 * ```
 */
export class IdempotentProducer {
  readonly producerId: string;
  readonly #stream: DurableStream;
  readonly #internals: StreamInternals;
  readonly #session: ProducerSession;
  readonly #lingerMs: number;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #queue: ProducerQueue;
  #waiters: Waiter[] = [];
  #isSending: boolean = false;
  #isContentKnown: boolean = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isScheduled: boolean = false;
  /** `close` or `detach` was called. */
  #isEnding: boolean = false;
  #closes: boolean = false;
  #closeResult: CloseResult | undefined;
  #closing: Promise<CloseResult> | undefined;
  #failure: { error: unknown } | undefined;

  /** @throws InvalidOptionError */
  constructor(stream: DurableStream, producerId: string, options: IdempotentProducerOptions = {}) {
    this.producerId = checkToken("producerId", producerId);
    this.#stream = stream;
    this.#internals = internalsOf(stream);
    this.#session = new ProducerSession(
      this.#internals.endpoint,
      producerId,
      checkInteger("epoch", options.epoch ?? 0, 0),
      options.autoClaim ?? false,
    );
    this.#lingerMs = checkWait("lingerMs", options.lingerMs ?? 5, 0);
    this.#queue = new ProducerQueue(
      checkInteger("maxBatchBytes", options.maxBatchBytes ?? 1024 * 1024, 1),
      checkNumber("maxBatchItems", options.maxBatchItems ?? Infinity, 1),
    );
    this.#onError = options.onError;
  }

  /** The epoch it writes with; a claim raises it. */
  get epoch(): number {
    return this.#session.epoch;
  }

  /** How many values are not known to be stored. */
  get pending(): number {
    return this.#queue.length;
  }

  /** The values that are not known to be stored, in order; of a JSON stream, as it would hold them. */
  get notStored(): readonly unknown[] {
    return this.#queue.values;
  }

  /**
   * Takes a value to be stored; it is sent soon. Throws the error of a producer that has failed, and
   * {@link InvalidOptionError} for what the stream cannot hold, or after `close` or `detach`.
   */
  append(value: unknown): void {
    if (this.#failure) throw this.#failure.error;
    if (this.#isEnding) {
      throw new InvalidOptionError("The producer was closed or detached: it takes no more values.");
    }
    this.#add(value);
    this.#schedule();
  }

  /**
   * Resolves when every value so far is stored; rejects as soon as that is out of reach, with an
   * error whose `notStored` lists them. A signal ends the waiting, not the sending.
   */
  async flush(options: { signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure.error;
    if (this.#queue.length === 0) return;
    const stored = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ target: this.#queue.added, resolve, reject });
    });
    this.#send();
    await (signal ? abortable(stored, signal) : stored);
  }

  /**
   * Stores what is left, then closes the stream: the last value, if there is one, and the end are one
   * step. Calling it again gives the result of the first call.
   */
  async close(finalValue?: unknown): Promise<CloseResult> {
    if (this.#closing) return this.#closing;
    if (this.#failure) throw this.#failure.error;
    if (this.#isEnding) {
      throw new InvalidOptionError("The producer was detached: close the stream by its handle.");
    }
    if (finalValue !== undefined) this.#add(finalValue);
    this.#closing = this.#close();
    return this.#closing;
  }

  /** Stores what is left and ends the producer; the stream stays open. */
  async detach(options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#isEnding = true;
    await this.flush(options);
  }

  async #close(): Promise<CloseResult> {
    this.#isEnding = true;
    this.#closes = true;
    const closed = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ target: this.#queue.added + 1, resolve, reject });
    });
    this.#send();
    await closed;
    return this.#closeResult ?? { finalOffset: "" };
  }

  #add(value: unknown): void {
    const { contentType } = this.#stream;
    if (!this.#isContentKnown && contentType !== undefined && this.#queue.length === 0) {
      this.#setContent(contentType);
    }
    this.#queue.add(value);
  }

  #setContent(contentType: string): void {
    this.#queue.setContent(isJson(contentType));
    this.#isContentKnown = true;
  }

  #schedule(): void {
    if (this.#isSending) return;
    if (this.#queue.hasFullBatch || this.#internals.endpoint.isAborted) {
      // Nothing more fits, or nothing will be sent: it need not wait, not even for the end of the caller's turn.
      this.#send();
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (this.#lingerMs === 0) {
      queueMicrotask(this.#sendNow);
      return;
    }
    this.#timer = setTimeout(this.#sendNow, this.#lingerMs);
    // An abort fails it at once, and leaves no timer.
    const { signals } = this.#internals.endpoint;
    for (const signal of signals) signal.addEventListener("abort", this.#sendNow);
  }

  readonly #sendNow = (): void => {
    this.#send();
  };

  #unschedule(): void {
    clearTimeout(this.#timer);
    const { signals } = this.#internals.endpoint;
    for (const signal of signals) signal.removeEventListener("abort", this.#sendNow);
    this.#timer = undefined;
    this.#isScheduled = false;
  }

  /** Starts sending, unless it is under way; then what is new goes with the next batch. */
  #send(): void {
    this.#unschedule();
    if (this.#isSending || this.#failure) return;
    this.#isSending = true;
    this.#sendAll().then(
      () => {
        this.#isSending = false;
        // What came between the last look at the queue and now.
        if (this.#waiters.length > 0) this.#send();
        else if (this.#queue.length > 0) this.#schedule();
      },
      (error: unknown) => {
        this.#isSending = false;
        this.#fail(error);
      },
    );
  }

  async #sendAll(): Promise<void> {
    if (this.#queue.length > 0 && !this.#isContentKnown) {
      this.#setContent(await this.#internals.contentType(this.#session.maxRetries));
    }
    while (this.#queue.length > 0 || (this.#closes && !this.#closeResult)) {
      await this.#store(this.#queue.takeBatch());
      this.#wake();
    }
  }

  /** Stores the first `count` values; halves them where they are too large together. */
  async #store(count: number): Promise<void> {
    const closes = this.#closes && count === this.#queue.length;
    try {
      const answer = await this.#session.post(
        this.#queue.body(count),
        this.#stream.contentType,
        closes,
      );
      this.#queue.remove(count);
      if (closes) this.#closeResult = { finalOffset: answer.header(header.nextOffset) ?? "" };
    } catch (error) {
      if (count < 2 || !(error instanceof FetchError) || error.status !== 413) throw error;
      const half = Math.ceil(count / 2);
      await this.#store(half);
      await this.#store(count - half);
    }
  }

  #wake(): void {
    const done = this.#queue.stored + (this.#closeResult ? 1 : 0);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.target > done) return true;
      waiter.resolve();
      return false;
    });
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#unschedule();
    if (error instanceof DurableStreamError) error.notStored = this.#queue.values;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
    this.#onError?.(error);
  }
}
