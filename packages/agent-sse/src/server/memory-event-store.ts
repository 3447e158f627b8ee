import {
  aFunction,
  anAbortSignal,
  checkOptions,
  numberBetween,
  wholeNumberOrInfinity,
  type AgentEvent,
} from "@freshet/core";
import type { AgentEventStore, StoredEvent, StoredEvents } from "./agent-event-store.ts";
import { stringifyJson } from "../wire/encode-json.ts";
import { AgentStreamError, invalidOption } from "../wire/error.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** Options of {@link MemoryEventStore}. */
export interface MemoryEventStoreOptions {
  /**
   * How much of a stream is kept, in UTF-16 code units of its events' JSON; the oldest events are dropped
   * first, the newest one never. Default 16 Mi.
   */
  maxBytes?: number | undefined;
  /** How many events of a stream are kept; the oldest are dropped first. Default: no limit. */
  maxEvents?: number | undefined;
  /**
   * How long a stream is kept after its last write, in milliseconds, unless it has readers. Default one
   * hour.
   */
  retentionMs?: number | undefined;
  /** The current time in milliseconds. Default `Date.now`. */
  now?: (() => number) | undefined;
}

const rules = {
  maxBytes: wholeNumberOrInfinity(1),
  maxEvents: wholeNumberOrInfinity(1),
  retentionMs: numberBetween(0, Infinity),
  now: aFunction,
};

/**
 * An {@link AgentEventStore} in the memory of one process. Nothing survives a restart, and no other
 * process sees it.
 *
 * @example
 * ```ts
 * import { MemoryEventStore, agentEvent } from "@freshet/agent-sse";
 *
 * const store = new MemoryEventStore();
 * const id = await store.append("chat-1", agentEvent.token("Hel"));
 * await store.append("chat-1", agentEvent.token("lo"), agentEvent.done());
 * await store.close("chat-1");
 * for await (const { event } of await store.readAfter("chat-1", id)) console.log(event.type);
 * // token
 * // done
 * ```
 */
export class MemoryEventStore implements AgentEventStore {
  readonly #streams = new Map<string, MemoryStream>();
  readonly #limits: Limits;
  readonly #retentionMs: number;
  readonly #now: () => number;
  #nextSweepAt = -Infinity;

  /** @throws AgentStreamError `INVALID_OPTION` */
  constructor(options: MemoryEventStoreOptions = {}) {
    checkOptions(options, rules, invalidOption);
    const { maxBytes = 16_777_216, maxEvents = Infinity } = options;
    const { retentionMs = 3_600_000, now = Date.now } = options;
    this.#limits = { maxBytes, maxEvents };
    this.#retentionMs = retentionMs;
    this.#now = now;
  }

  append(name: string, ...events: readonly (AgentEvent | WireEvent)[]): Promise<string> {
    return settled(() => {
      const stream = this.#open(name);
      if (stream.isClosed) {
        throw new AgentStreamError("STREAM_CLOSED", `Stream ${JSON.stringify(name)} is closed.`);
      }
      const id = stream.append(events, this.#limits);
      stream.writtenAt = this.#now();
      return id;
    });
  }

  readAfter(
    name: string,
    lastEventId: string | undefined,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<StoredEvents> {
    return settled(() => {
      checkOptions(options, { signal: anAbortSignal }, invalidOption);
      const { signal } = options;
      signal?.throwIfAborted();
      const stream = this.#open(name);
      const next = lastEventId ? stream.indexAfter(lastEventId, name) : stream.first(name);
      return eventsFrom(stream, name, next, signal);
    });
  }

  /**
   * Reads the turn of a stream that is running: its events from the first one after the last `done`, and then
   * live. `undefined` if no turn is running. For readers that have no positions, such as `useChat`.
   */
  current(
    name: string,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<StoredEvents | undefined> {
    return settled(() => {
      checkOptions(options, { signal: anAbortSignal }, invalidOption);
      this.#sweep();
      const stream = this.#streams.get(name);
      if (!stream || stream.turnStart === stream.end) return undefined;
      return eventsFrom(stream, name, stream.turnStart, options.signal);
    });
  }

  close(name: string): Promise<void> {
    return settled(() => {
      const stream = this.#open(name);
      stream.close();
      stream.writtenAt = this.#now();
    });
  }

  #open(name: string): MemoryStream {
    this.#sweep();
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = new MemoryStream(this.#now());
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** Drops old streams when the store is used, so it needs no timer; not at every event of every stream. */
  #sweep(): void {
    const now = this.#now();
    if (now < this.#nextSweepAt) return;
    this.#nextSweepAt = now + this.#retentionMs / 100;
    const oldest = now - this.#retentionMs;
    for (const [name, stream] of this.#streams) {
      if (stream.writtenAt >= oldest || stream.hasReaders) continue;
      this.#streams.delete(name);
      stream.isDropped = true;
    }
  }
}

interface Limits {
  maxBytes: number;
  maxEvents: number;
}

class MemoryStream {
  writtenAt: number;
  isClosed = false;
  /** It was swept: nothing will be appended to it, and its name now belongs to another stream. */
  isDropped = false;
  /** Tells the ids of this stream from those of another of the same name, before a restart or a sweep. */
  readonly #nonce = crypto.randomUUID().slice(0, 8);
  /** The index of the first event of the running turn, or of the next one. */
  turnStart = 0;
  #events: { event: AgentEvent | WireEvent; size: number }[] = [];
  /** The index of the first event in `#events`, and of the first kept one. */
  #offset = 0;
  #start = 0;
  /** The size of the kept events. */
  #size = 0;
  readonly #wakers = new Set<() => void>();
  readonly readers = new Set<StreamReader>();

  constructor(writtenAt: number) {
    this.writtenAt = writtenAt;
  }

  /** The index of the next event. */
  get end(): number {
    return this.#offset + this.#events.length;
  }

  get hasReaders(): boolean {
    return this.#wakers.size > 0;
  }

  append(events: readonly (AgentEvent | WireEvent)[], limits: Limits): string {
    // Measured before any is kept: one that cannot be written is the mistake of whoever appends it.
    for (const stored of events.map((event) => ({ event, size: sizeOf(event) }))) {
      if ("transient" in stored.event && stored.event.transient === true) {
        for (const reader of this.readers) reader.showNow(stored.event, this.end);
        continue;
      }
      this.#events.push(stored);
      this.#size += stored.size;
      if (stored.event.type === "done") this.turnStart = this.end;
    }
    this.#drop(limits);
    this.#wake();
    return this.end === 0 ? "" : this.#idOf(this.end - 1);
  }

  #drop({ maxBytes, maxEvents }: Limits): void {
    const { end } = this;
    while (this.#start < end - 1 && (this.#size > maxBytes || end - this.#start > maxEvents)) {
      this.#size -= this.#events[this.#start - this.#offset]?.size ?? 0;
      this.#start++;
    }
    // Half of the array, so that each event is moved at most once.
    const dropped = this.#start - this.#offset;
    if (dropped < 1000 || dropped < this.#events.length / 2) return;
    this.#events = this.#events.slice(dropped);
    this.#offset = this.#start;
  }

  close(): void {
    this.isClosed = true;
    this.#wake();
  }

  first(name: string): number {
    return this.#checkKept(0, name);
  }

  indexAfter(id: string, name: string): number {
    const index = Number(id.slice(this.#nonce.length + 1));
    if (id !== this.#idOf(index) || !Number.isInteger(index) || index < 0 || index >= this.end) {
      throw new AgentStreamError(
        "POSITION_UNKNOWN",
        `Stream ${JSON.stringify(name)} never issued the id ${JSON.stringify(id)}: read the stream from its start.`,
        { lastEventId: id },
      );
    }
    return this.#checkKept(index + 1, name);
  }

  /** The event at an index, or `undefined` if it has not been appended yet. */
  at(index: number, name: string): StoredEvent | undefined {
    const stored = this.#events[this.#checkKept(index, name) - this.#offset];
    return stored && { event: stored.event, id: this.#idOf(index) };
  }

  /** Calls back once, at the next append or at the close. Returns a function that cancels this. */
  onChange(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
  }

  #wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }

  #checkKept(index: number, name: string): number {
    if (index >= this.#start) return index;
    throw new AgentStreamError(
      "POSITION_EXPIRED",
      `Stream ${JSON.stringify(name)} no longer keeps its event ${index}; the first kept one is ${this.#start}: read the stream from its start.`,
      { lastEventId: index > 0 ? this.#idOf(index - 1) : undefined },
    );
  }

  #idOf(index: number): string {
    return `${this.#nonce}-${index}`;
  }
}

function sizeOf(event: AgentEvent | WireEvent): number {
  const { type, text } = event as { type: string; text?: unknown };
  // Without its JSON, which nearly all events would be written for.
  if (type === "token" && typeof text === "string") return text.length + 24;
  return stringifyJson(event).length;
}

function eventsFrom(
  stream: MemoryStream,
  name: string,
  next: number,
  signal: AbortSignal | undefined,
): StoredEvents {
  return {
    isAtEnd: stream.isClosed && next === stream.end,
    [Symbol.asyncIterator]: () => new StreamReader(stream, name, next, signal),
  };
}

/** Reads by index, which works the same before and after the reader has caught up. */
class StreamReader implements AsyncIterableIterator<StoredEvent> {
  readonly #stream: MemoryStream;
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;
  #next: number;
  #ended = false;
  #wake: (() => void) | undefined;
  /** Transient events, each with the index of the event that it comes before. */
  #transient: { event: AgentEvent | WireEvent; index: number }[] = [];

  constructor(stream: MemoryStream, name: string, next: number, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#name = name;
    this.#next = next;
    this.#signal = signal;
    stream.readers.add(this);
  }

  /** Takes an event that is not kept. A reader that is far behind misses it. */
  showNow(event: AgentEvent | WireEvent, index: number): void {
    if (this.#transient.length < maxTransient) this.#transient.push({ event, index });
  }

  async next(): Promise<IteratorResult<StoredEvent, undefined>> {
    try {
      return await this.#read();
    } catch (error) {
      this.#stream.readers.delete(this);
      throw error;
    }
  }

  async #read(): Promise<IteratorResult<StoredEvent, undefined>> {
    while (!this.#ended) {
      this.#signal?.throwIfAborted();
      const shown = this.#transient[0];
      if (shown && shown.index <= this.#next) {
        this.#transient.shift();
        return { done: false, value: { event: shown.event } };
      }
      const stored = this.#stream.at(this.#next, this.#name);
      if (stored) {
        this.#next++;
        return { done: false, value: stored };
      }
      if (this.#stream.isClosed) break;
      if (this.#stream.isDropped) throw dropped(this.#name);
      await this.#change();
    }
    this.#stream.readers.delete(this);
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<StoredEvent, undefined>> {
    this.#ended = true;
    this.#stream.readers.delete(this);
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        unsubscribe();
        this.#signal?.removeEventListener("abort", wake);
        this.#wake = undefined;
        resolve();
      };
      const unsubscribe = this.#stream.onChange(wake);
      this.#signal?.addEventListener("abort", wake, { once: true });
      this.#wake = wake;
    });
  }
}

const maxTransient = 1000;

function dropped(name: string): AgentStreamError {
  return new AgentStreamError(
    "POSITION_EXPIRED",
    `Stream ${JSON.stringify(name)} was dropped before it was closed: it had neither writes nor readers for retentionMs.`,
  );
}

/** The result of a synchronous operation as a promise, which rejects if the operation throws. */
function settled<T>(operation: () => T): Promise<T> {
  return new Promise((resolve) => resolve(operation()));
}
