import type { StreamedBody } from "./append-source.ts";
import { type Encoded, encodedSize, joinBody } from "./body.ts";
import { FetchError } from "./errors.ts";

/** What came of an append. */
export interface AppendResult {
  /**
   * Where the stream ends after the request that stored the value; others may share it. Servers need
   * not say it of a duplicate: then it is empty.
   */
  nextOffset: string;
  /** With producer headers of your own: true when the server had this number already. */
  duplicate?: boolean;
}

/** One POST that a queue wants sent. */
export interface AppendRequest {
  /** `undefined`: the stream is closed without a last value. */
  readonly body: Encoded | StreamedBody | undefined;
  /** Closes the stream with this request. */
  readonly closes: boolean;
  readonly seq: string | undefined;
  /** Aborts when nobody waits for any of its values any more. */
  readonly signal: AbortSignal;
}

export interface AppendQueueOptions {
  /** Sends one POST and retries what may be retried. */
  send(request: AppendRequest): Promise<AppendResult>;
  /** Puts appends that wait together into one POST. */
  readonly batching: boolean;
  readonly maxBatchBytes: number;
}

/** How a value is to be appended. */
export interface AppendItemOptions {
  readonly seq?: string | undefined;
  readonly closes?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A value that waits. One object each, for there may be a hundred thousand. */
interface Entry {
  readonly encoded: Encoded | StreamedBody | undefined;
  readonly size: number;
  readonly options: AppendItemOptions;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
  isSettled: boolean;
}

/**
 * Appends in the order they were made, one POST at a time. Those made in one go, and those made while
 * a POST is under way, share the next one: waiting for one's own append slows nobody else down.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  /** One listener a signal, however many appends share it. */
  readonly #watched = new Map<AbortSignal, Set<Entry>>();
  #entries: Entry[] = [];
  #isRunning: boolean = false;
  /** The POST under way. */
  #sending: { batch: readonly Entry[]; abandoned: AbortController } | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  add(
    encoded: Encoded | StreamedBody | undefined,
    options: AppendItemOptions,
  ): Promise<AppendResult> {
    const { signal } = options;
    const size = encoded === undefined || isStreamed(encoded) ? 0 : encodedSize(encoded);
    const promise = new Promise<AppendResult>(keepCallbacks);
    const resolve = lastResolve;
    const reject = lastReject;
    const entry: Entry = { encoded, size, options, resolve, reject, isSettled: false };
    if (signal) this.#watch(signal, entry);
    this.#entries.push(entry);
    if (!this.#isRunning) {
      this.#isRunning = true;
      // After the caller's own turn: appends made in one go are one POST.
      queueMicrotask(() => {
        void this.#run();
      });
    }
    return promise;
  }

  async #run(): Promise<void> {
    while (this.#entries.length > 0) {
      const batch = this.#takeBatch();
      if (batch.length > 0) await this.#send(batch);
    }
    this.#isRunning = false;
  }

  /** The entries of the next POST. */
  #takeBatch(): Entry[] {
    const entries = this.#entries;
    const batch: Entry[] = [];
    let size = 0;
    let taken = 0;
    for (const entry of entries) {
      const isAlone = !this.#options.batching || mustGoAlone(entry);
      if (batch.length > 0 && (isAlone || size + entry.size > this.#options.maxBatchBytes)) break;
      taken++;
      if (entry.isSettled) continue;
      batch.push(entry);
      size += entry.size;
      if (isAlone) break;
    }
    this.#entries = taken === entries.length ? [] : entries.slice(taken);
    return batch;
  }

  async #send(batch: readonly Entry[]): Promise<void> {
    const abandoned = new AbortController();
    this.#sending = { batch, abandoned };
    try {
      const result = await this.#options.send({
        body: bodyOf(batch),
        seq: batch[0]?.options.seq,
        closes: batch[0]?.options.closes === true,
        signal: abandoned.signal,
      });
      for (const entry of batch) if (this.#settle(entry)) entry.resolve(result);
    } catch (error) {
      if (batch.length > 1 && error instanceof FetchError && error.status === 413) {
        // Too large together says nothing about each: none of it was stored.
        const half = Math.ceil(batch.length / 2);
        await this.#send(batch.slice(0, half));
        await this.#send(batch.slice(half));
        return;
      }
      for (const entry of batch) if (this.#settle(entry)) entry.reject(error);
    }
  }

  #watch(signal: AbortSignal, entry: Entry): void {
    let entries = this.#watched.get(signal);
    if (!entries) {
      this.#watched.set(signal, (entries = new Set()));
      signal.addEventListener("abort", this.#onAbort);
    }
    entries.add(entry);
  }

  #unwatch(signal: AbortSignal, entry: Entry): void {
    const entries = this.#watched.get(signal);
    if (!entries?.delete(entry) || entries.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (event: Event): void => {
    const signal = event.target as AbortSignal;
    for (const entry of this.#watched.get(signal) ?? []) {
      if (this.#settle(entry)) entry.reject(signal.reason);
    }
    const sending = this.#sending;
    if (sending?.batch.every((entry) => entry.isSettled)) sending.abandoned.abort(signal.reason);
  };

  /** True for the one who gets to settle it. */
  #settle(entry: Entry): boolean {
    if (entry.isSettled) return false;
    entry.isSettled = true;
    const { signal } = entry.options;
    if (signal) this.#unwatch(signal, entry);
    return true;
  }
}

// One executor for all promises: a closure for each append would cost as much as the append.
let lastResolve: Entry["resolve"];
let lastReject: Entry["reject"];
const keepCallbacks = (resolve: Entry["resolve"], reject: Entry["reject"]): void => {
  lastResolve = resolve;
  lastReject = reject;
};

function isStreamed(encoded: Encoded | StreamedBody): encoded is StreamedBody {
  return typeof encoded === "object" && "open" in encoded;
}

/** A POST has room for one seq, one end, and one body that is made while it is sent. */
function mustGoAlone({ encoded, options: { seq, closes } }: Entry): boolean {
  return seq !== undefined || closes === true || (encoded !== undefined && isStreamed(encoded));
}

function bodyOf(batch: readonly Entry[]): Encoded | StreamedBody | undefined {
  const values: Encoded[] = [];
  for (const { encoded } of batch) {
    if (encoded === undefined) continue;
    if (isStreamed(encoded)) return encoded;
    values.push(encoded);
  }
  return joinBody(values);
}
