// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#521-idempotent-producers
import { platformResends } from "#transport";
import { abortable } from "./abortable.ts";
import type { CloseResult, DurableStream, StreamInternals } from "./durable-stream.ts";
import { internalsOf } from "./durable-stream.ts";
import type { Endpoint } from "./endpoint.ts";
import {
  DurableStreamError,
  FetchError,
  InvalidOptionError,
  SequenceGapError,
  StaleEpochError,
} from "./errors.ts";
import { checkInteger, checkNumber, checkToken, checkWait } from "./options.ts";
import { ProducerQueue } from "./producer-queue.ts";
import { header, isJson } from "./protocol.ts";
import { sendWrite, type WriteAnswer } from "./write.ts";

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

/** Claims in a row without a stored batch: two sessions that both claim would never end. */
const maxClaims = 5;

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
  readonly #endpoint: Endpoint;
  readonly #internals: StreamInternals;
  readonly #autoClaim: boolean;
  readonly #lingerMs: number;
  readonly #onError: ((error: unknown) => void) | undefined;
  readonly #queue: ProducerQueue;
  #waiters: Waiter[] = [];
  #epoch: number;
  #seq: number = 0;
  #claims: number = 0;
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
    this.#endpoint = this.#internals.endpoint;
    this.#epoch = checkInteger("epoch", options.epoch ?? 0, 0);
    this.#autoClaim = options.autoClaim ?? false;
    this.#lingerMs = checkWait("lingerMs", options.lingerMs ?? 5, 0);
    this.#queue = new ProducerQueue(
      checkInteger("maxBatchBytes", options.maxBatchBytes ?? 1024 * 1024, 1),
      checkNumber("maxBatchItems", options.maxBatchItems ?? Infinity, 1),
    );
    this.#onError = options.onError;
  }

  /** The epoch it writes with; a claim raises it. */
  get epoch(): number {
    return this.#epoch;
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
    if (this.#queue.hasFullBatch) {
      // Nothing more fits, so it need not wait, not even for the end of the caller's turn.
      this.#send();
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const send = () => {
      this.#send();
    };
    if (this.#lingerMs === 0) queueMicrotask(send);
    else this.#timer = setTimeout(send, this.#lingerMs);
  }

  #unschedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isScheduled = false;
  }

  get #maxRetries(): number {
    return this.#endpoint.hasRetryLimit ? this.#endpoint.backoff.maxRetries : Infinity;
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
      this.#setContent(await this.#internals.contentType(this.#maxRetries));
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
      const answer = await this.#post(count, closes);
      this.#queue.remove(count);
      if (closes) this.#closeResult = { finalOffset: answer.header(header.nextOffset) ?? "" };
    } catch (error) {
      if (count < 2 || !(error instanceof FetchError) || error.status !== 413) throw error;
      const half = Math.ceil(count / 2);
      await this.#store(half);
      await this.#store(count - half);
    }
  }

  /** Sends one batch until the server has it, under a new epoch if need be and allowed. */
  async #post(count: number, closes: boolean): Promise<WriteAnswer> {
    const body = this.#queue.body(count);
    for (;;) {
      try {
        const answer = await this.#postOnce(body, closes);
        this.#checkFresh(answer, closes);
        this.#seq++;
        this.#claims = 0;
        return answer;
      } catch (error) {
        this.#claim(error);
      }
    }
  }

  #postOnce(body: string | Uint8Array | undefined, closes: boolean): Promise<WriteAnswer> {
    const headers: Record<string, string> = {
      [header.producerId]: this.producerId,
      [header.producerEpoch]: String(this.#epoch),
      [header.producerSeq]: String(this.#seq),
    };
    if (body !== undefined) headers["content-type"] = this.#stream.contentType ?? "";
    if (closes) headers[header.closed] = "true";
    return sendWrite(this.#endpoint, {
      method: "POST",
      headers,
      body,
      isRepeatable: true,
      maxRetries: this.#maxRetries,
      expects: [header.producerSeq, header.producerEpoch, header.nextOffset],
    });
  }

  /**
   * Finds out whether a batch that the server says it has is this one. The server names the last
   * number it took: a later one than this belongs to an earlier session with the same epoch, whose
   * batch is in the stream instead of ours. The same one is ours, sent twice by us or, without our
   * knowing, by a browser or proxy; but a session's first batch has nothing before it to tell by.
   */
  #checkFresh(answer: WriteAnswer, closes: boolean): void {
    if (answer.status !== 204 || answer.afterUnknown) return;
    const highest = Number(answer.header(header.producerSeq));
    // A fresh close without data is a 204 too.
    if (highest === this.#seq && (this.#seq > 0 || closes)) return;
    const error = new StaleEpochError(
      `Epoch ${this.#epoch} of producer ${this.producerId} was used before, so the server dropped the data as a repetition: start with a higher epoch, or with autoClaim.`,
      { url: this.#endpoint.url.href, status: answer.status },
    );
    error.currentEpoch = this.#epoch;
    error.maybeStored = highest === this.#seq && platformResends;
    throw error;
  }

  /** Takes the next epoch, if the error is one that it mends and nothing can be stored twice by it. */
  #claim(error: unknown): void {
    const isStale = error instanceof StaleEpochError && error.currentEpoch !== undefined;
    // The server has forgotten this producer (PROTOCOL.md: state clean-up).
    const isForgotten = error instanceof SequenceGapError && error.expectedSeq === 0;
    const mayClaim = this.#autoClaim && this.#claims < maxClaims && (isStale || isForgotten);
    if (!mayClaim || error.maybeStored) throw error;
    this.#claims++;
    this.#epoch = (isStale ? (error.currentEpoch ?? this.#epoch) : this.#epoch) + 1;
    this.#seq = 0;
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
