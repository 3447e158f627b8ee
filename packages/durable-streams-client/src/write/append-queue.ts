import { FetchError } from "../errors.ts";
import { Interrupt } from "../http/interrupt.ts";
import { AppendBatch, type AppendResult } from "./append-batch.ts";
import { isStreamed, type StreamedBody } from "./append-source.ts";
import type { Encoded } from "./encode.ts";

/** One POST of an {@link AppendQueue}. */
export interface AppendRequest {
  /** `undefined`: the stream is closed without a last value. */
  readonly body: Encoded | StreamedBody | undefined;
  /** The request closes the stream. */
  readonly closes: boolean;
  readonly seq: string | undefined;
  /** Aborts when no caller waits for any of its values any more. */
  readonly signal: Interrupt;
}

export interface AppendQueueOptions {
  /** Sends one POST, with the retries that are safe. */
  send(request: AppendRequest): Promise<AppendResult>;
  /** Appends that wait at the same time share one POST. */
  readonly batching: boolean;
  readonly maxBatchBytes: number;
}

/** How a value is appended. */
export interface AppendItemOptions {
  readonly seq?: string | undefined;
  readonly closes?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An append that a signal may end. */
interface Waiter {
  readonly batch: AppendBatch;
  readonly index: number;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends appends in the order of their calls, one POST at a time. Appends of one turn of the event loop,
 * and those that arrive while a POST is in flight, share the next one: a caller that awaits each of its
 * appends slows down no other.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  /** One listener per signal, however many appends share it. */
  readonly #watched = new Map<AbortSignal, Set<Waiter>>();
  #batches: AppendBatch[] = [];
  /** The last of them, while more values may join it. */
  #open: AppendBatch | undefined;
  /** The batch of the last append. */
  #newest: AppendBatch | undefined;
  #isScheduled: boolean = false;
  #isRunning: boolean = false;
  /** The POST in flight. */
  #sending: { batch: AppendBatch; abandoned: Interrupt } | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  add(
    encoded: Encoded | StreamedBody | undefined,
    options: AppendItemOptions,
  ): Promise<AppendResult> {
    const stored = this.#join(encoded, options);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      // After the caller's own turn, so that its appends share one POST.
      queueMicrotask(this.#start);
    }
    const { signal } = options;
    return signal && this.#newest ? this.#abortable(stored, signal, this.#newest) : stored;
  }

  #join(
    value: Encoded | StreamedBody | undefined,
    { seq, closes = false }: AppendItemOptions,
  ): Promise<AppendResult> {
    const { batching, maxBatchBytes } = this.#options;
    const isValue = value !== undefined && !isStreamed(value);
    // A POST carries one seq, one close, and one body that is produced while it is sent.
    const isAlone = !batching || seq !== undefined || closes || !isValue;
    if (this.#open && !isAlone) {
      const stored = this.#open.add(value, maxBatchBytes);
      if (stored) return stored;
      // No more values join it, so it need not wait for the end of the caller's turn.
      this.#start();
    }
    const batch = new AppendBatch(seq, closes);
    this.#batches.push(batch);
    this.#newest = batch;
    this.#open = isAlone ? undefined : batch;
    const stored = isValue ? batch.add(value, maxBatchBytes) : batch.addOnly(value);
    if (!stored) throw new Error("An empty batch rejected its first value.");
    return stored;
  }

  readonly #start = (): void => {
    void this.#run();
  };

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isScheduled = true;
    while (this.#batches.length > 0) {
      const batches = this.#batches;
      this.#batches = [];
      for (const batch of batches) {
        if (batch === this.#open) this.#open = undefined;
        if (batch.awaited > 0) await this.#send(batch, 0, batch.length);
        batch.settle();
        // An idle queue keeps nothing of what it sent.
        if (batch === this.#newest) this.#newest = undefined;
      }
    }
    this.#isRunning = false;
    this.#isScheduled = false;
  }

  /** Sends the values from `from` to `to`. */
  async #send(batch: AppendBatch, from: number, to: number): Promise<void> {
    const abandoned = new Interrupt();
    this.#sending = { batch, abandoned };
    try {
      const { seq, closes } = batch;
      const body = batch.body(from, to);
      if (body === undefined && !closes) return; // all of them were aborted
      batch.conclude({
        until: to,
        result: await this.#options.send({ body, seq, closes, signal: abandoned }),
      });
    } catch (error) {
      if (to - from < 2 || !(error instanceof FetchError) || error.status !== 413) {
        batch.conclude({ until: to, error });
        return;
      }
      // None of it was stored. Values that are too large together may fit in two requests.
      const half = Math.ceil((from + to) / 2);
      await this.#send(batch, from, half);
      await this.#send(batch, half, to);
    } finally {
      this.#sending = undefined;
    }
  }

  /** Rejects as soon as the signal aborts; the other values of the POST are not affected. */
  #abortable(
    stored: Promise<AppendResult>,
    signal: AbortSignal,
    batch: AppendBatch,
  ): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { batch, index: batch.length - 1, reject };
      let waiters = this.#watched.get(signal);
      if (!waiters) {
        this.#watched.set(signal, (waiters = new Set()));
        signal.addEventListener("abort", this.#onAbort);
      }
      waiters.add(waiter);
      const unwatch = () => {
        this.#unwatch(signal, waiter);
      };
      stored.then(unwatch, unwatch);
      stored.then(resolve, reject);
    });
  }

  #unwatch(signal: AbortSignal, waiter: Waiter): void {
    const waiters = this.#watched.get(signal);
    if (!waiters?.delete(waiter) || waiters.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (event: Event): void => {
    const signal = event.target as AbortSignal;
    for (const waiter of this.#watched.get(signal) ?? []) {
      this.#unwatch(signal, waiter);
      waiter.batch.drop(waiter.index);
      waiter.reject(signal.reason);
    }
    const sending = this.#sending;
    if (sending?.batch.awaited === 0) sending.abandoned.abort(signal.reason);
  };
}
