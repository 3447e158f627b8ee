// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#521-idempotent-producers
import { abortable, addAsyncDispose, type AsyncDisposableLike, maxTimerMs } from "@freshet/core";
import { DurableStreamError, FetchError, InvalidOptionError, withFacts } from "./errors.ts";
import { Interrupt } from "./http/interrupt.ts";
import { checkRequired } from "./protocol/check-required.ts";
import { header, headerToken, isJson } from "./protocol/headers.ts";
import type { Offset } from "./protocol/offset.ts";
import { type CallOptions, checkCallOptions, noOptions } from "./write/call-options.ts";
import type { CloseResult } from "./write/durable-stream-options.ts";
import {
  checkProducerOptions,
  type FlushResult,
  type IdempotentProducerOptions,
} from "./write/producer-options.ts";
import { ProducerQueue } from "./write/producer-queue.ts";
import { ProducerSession } from "./write/producer-session.ts";
import { ProducerWaiters } from "./write/producer-waiters.ts";
import { SendTimer } from "./write/send-timer.ts";
import { internalsOf, type StreamHandle, type StreamInternals } from "./write/stream-internals.ts";
import {
  checkWritableOptions,
  producerStream,
  type ProducerWritableOptions,
} from "./write/writable.ts";

/**
 * Writes every value exactly once and in order, through dropped connections, timeouts and 5xx. Each
 * batch has a sequence number, and the server drops a batch that it already has. Batches are sent one
 * after the other and retried until they are stored, unless the stream's `retry.maxRetries` or
 * `signal` ends that.
 *
 * A producer that cannot continue (fenced off, stream closed or deleted) fails as a whole, so that no
 * later value takes the place of a lost one: `flush()` and `append()` then throw that error.
 *
 * @example
 * ```ts
 * import { DurableStream, IdempotentProducer } from "@freshet/durable-streams-client";
 *
 * const stream = await DurableStream.connect({ url: "https://streams.example.com/chat" });
 * const producer = new IdempotentProducer(stream, "agent-7", { autoClaim: true });
 * for (const word of ["every", "word", "once"]) producer.append({ word });
 * await producer.flush(); // rejects with the values that were not stored
 * await producer.close({ word: "end" }); // the last value and the end of the stream, in one request
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the interface adds Symbol.asyncDispose
export class IdempotentProducer {
  readonly producerId: string;
  readonly #stream: StreamHandle;
  readonly #internals: StreamInternals;
  readonly #session: ProducerSession;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #queue: ProducerQueue;
  readonly #maxPendingBytes: number;
  readonly #abandoned: Interrupt = new Interrupt();
  #nextOffset: Offset | undefined;
  readonly #waiters: ProducerWaiters = new ProducerWaiters();
  readonly #timer: SendTimer;
  #isSending: boolean = false;
  #isContentKnown: boolean = false;
  /** `close` or `detach` was called. */
  #isEnding: boolean = false;
  #closes: boolean = false;
  #closeResult: CloseResult | undefined;
  #closing: Promise<CloseResult> | undefined;
  #failure: { error: unknown } | undefined;

  /** @throws InvalidOptionError */
  constructor(
    stream: StreamHandle,
    producerId: string,
    options: IdempotentProducerOptions = {},
    /** @internal No other session has this id. */
    isUniqueId: boolean = false,
  ) {
    const internals = internalsOf(stream);
    checkRequired("producerId", producerId, headerToken);
    checkProducerOptions(options);
    const { epoch = 0, autoClaim = false, replay = false } = options;
    this.producerId = producerId;
    this.#stream = stream;
    this.#internals = internals;
    this.#session = new ProducerSession(internals.endpoint, producerId, {
      ...{ epoch, autoClaim, isUniqueId, replay, signal: this.#abandoned },
    });
    this.#maxPendingBytes = options.maxPendingBytes ?? 4 * 1024 * 1024;
    const lingerMs = Math.min(options.lingerMs ?? 5, maxTimerMs);
    this.#timer = new SendTimer(internals.endpoint, lingerMs, () => {
      this.#send();
    });
    this.#queue = new ProducerQueue(
      options.maxBatchBytes ?? 1024 * 1024,
      options.maxBatchItems ?? Infinity,
    );
    this.#onError = options.onError;
  }

  /** The current epoch; a claim raises it. */
  get epoch(): number {
    return this.#session.epoch;
  }

  /** How many values are not known to be stored. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Resolves when fewer than `maxPendingBytes`, and than 10,000 values, wait to be stored, immediately if
   * that is so now; rejects when the producer fails. `append` itself never waits: await this before it.
   */
  get ready(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#queue.hasRoom(this.#maxPendingBytes)) return Promise.resolve();
    // Full, so that waiting for more values gains nothing, however long lingerMs is.
    this.#send();
    return this.#waiters.whenReady();
  }

  /** The values that are not known to be stored, in order, as the stream would contain them. */
  get notStored(): readonly unknown[] {
    return this.#queue.values;
  }

  /**
   * Adds a value, which is sent soon. Throws the error of a producer that has failed, and
   * {@link InvalidOptionError} for a value that the stream cannot contain, or after `close` or `detach`.
   */
  append(value: unknown): void {
    if (this.#failure) throw this.#failure.error;
    if (this.#isEnding) {
      throw new InvalidOptionError(
        "The producer was closed or detached and accepts no more values: make a new one.",
      );
    }
    this.#add(value);
    this.#schedule();
  }

  /**
   * Resolves when every value so far is stored; rejects when the producer fails, with an error whose
   * `notStored` lists the values. A signal ends the waiting, not the sending.
   */
  async flush(options: CallOptions = noOptions): Promise<FlushResult> {
    checkCallOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure.error;
    if (this.#queue.length === 0) return this.#flushed;
    const stored = this.#waiters.whenStored(this.#queue.added);
    this.#send();
    await (signal ? abortable(stored, signal) : stored);
    return this.#flushed;
  }

  /**
   * A web stream whose values are appended: a write waits for `ready`, and the producer's failure errors
   * the stream. Closing it stores everything and ends the producer; an abort gives up what is not stored.
   */
  writable(options: ProducerWritableOptions = {}): WritableStream<unknown> {
    checkWritableOptions(options);
    const failed = this.#failure ? Promise.reject(this.#failure.error) : this.#waiters.whenFailed();
    const abandon = (reason: unknown) => {
      this.#fail(reason);
    };
    return producerStream(this, { failed, abandon }, options);
  }

  /**
   * Stores the pending values, then closes the stream. A last value and the end of the stream go in the
   * same request. A second call returns the result of the first.
   */
  async close(finalValue?: unknown): Promise<CloseResult> {
    if (this.#closing) return this.#closing;
    if (this.#failure) throw this.#failure.error;
    if (this.#isEnding) {
      throw new InvalidOptionError(
        "The producer was detached and cannot close the stream: use the stream's close().",
      );
    }
    if (finalValue !== undefined) this.#add(finalValue);
    this.#closing = this.#close();
    return this.#closing;
  }

  /** Stores the pending values and ends the producer; the stream stays open. */
  async detach(options: CallOptions = noOptions): Promise<FlushResult> {
    checkCallOptions(options);
    this.#isEnding = true;
    return this.flush(options);
  }

  get #flushed(): FlushResult {
    return { nextOffset: this.#nextOffset };
  }

  async #close(): Promise<CloseResult> {
    this.#isEnding = true;
    this.#closes = true;
    const closed = this.#waiters.whenStored(this.#queue.added + 1);
    this.#send();
    await closed;
    return this.#closeResult ?? { finalOffset: "" };
  }

  #add(value: unknown): void {
    const { contentType } = this.#stream;
    if (!this.#isContentKnown && contentType !== undefined && this.#queue.length === 0) {
      this.#queue.setJson(isJson(contentType));
      this.#isContentKnown = true;
    }
    this.#queue.add(value);
  }

  #schedule(): void {
    if (this.#isSending) return;
    if (this.#queue.hasFullBatch || this.#internals.endpoint.isAborted) {
      // Nothing more fits, or nothing will be sent, so there is nothing to wait for.
      this.#send();
      return;
    }
    this.#timer.start();
  }

  /** Starts sending, unless a batch is in flight: new values then go with the next batch. */
  #send(): void {
    this.#timer.stop();
    if (this.#isSending || this.#failure) return;
    this.#isSending = true;
    this.#sendAll().then(
      () => {
        this.#isSending = false;
        // Values that came since the queue was last checked.
        if (this.#waiters.areStoring) this.#send();
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
      this.#queue.setJson(isJson(await this.#internals.contentType(this.#session.maxRetries)));
      this.#isContentKnown = true;
    }
    while (this.#queue.length > 0 || (this.#closes && !this.#closeResult)) {
      await this.#store(this.#queue.takeBatch());
      this.#wake();
    }
  }

  /** Stores the first `count` values; splits them if they are too large for one request. */
  async #store(count: number): Promise<void> {
    const closes = this.#closes && count === this.#queue.length;
    try {
      const response = await this.#session.post(
        this.#queue.body(count),
        this.#stream.contentType,
        closes,
      );
      this.#queue.remove(count);
      this.#nextOffset = response.header(header.nextOffset) ?? this.#nextOffset;
      if (closes) this.#closeResult = { finalOffset: response.header(header.nextOffset) ?? "" };
    } catch (error) {
      if (count < 2 || !(error instanceof FetchError) || error.status !== 413) throw error;
      const half = Math.ceil(count / 2);
      await this.#store(half);
      await this.#store(count - half);
    }
  }

  #wake(): void {
    this.#waiters.wake(
      this.#queue.stored + (this.#closeResult ? 1 : 0),
      this.#queue.hasRoom(this.#maxPendingBytes),
    );
  }

  #fail(reason: unknown): void {
    if (this.#failure) return;
    const error =
      reason instanceof DurableStreamError
        ? withFacts(reason, { notStored: this.#queue.values })
        : reason;
    this.#failure = { error };
    this.#timer.stop();
    // What is in flight ends too, if it was not that which failed.
    this.#abandoned.abort(reason);
    this.#waiters.fail(error);
    this.#onError?.(error);
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type -- the method is added below
export interface IdempotentProducer extends AsyncDisposableLike {}
addAsyncDispose(IdempotentProducer.prototype, (producer) => producer.detach());
