import type { AgentEvent } from "@freshet/core";
import { stringifyJson } from "../wire/encode-json.ts";
import { AgentStreamError } from "../wire/error.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";
import type { StoredEvent, StoredEvents } from "./agent-event-store.ts";

/** How much a stream keeps; see `MemoryEventStoreOptions`. */
export interface Limits {
  maxBytes: number;
  maxEvents: number;
}

/** One stream of a `MemoryEventStore`: the kept events by index, and those who read them. */
export class MemoryStream {
  writtenAt: number;
  isClosed: boolean = false;
  /** It was swept: nothing will be appended to it, and its name now belongs to another stream. */
  isDropped: boolean = false;
  /** Tells the ids of this stream from those of another of the same name, before a restart or a sweep. */
  readonly #nonce = crypto.randomUUID().slice(0, 8);
  /** The index of the first event of the running turn, or of the next one. */
  turnStart: number = 0;
  #events: { event: AgentEvent | WireEvent; size: number }[] = [];
  /** The index of the first event in `#events`, and of the first kept one. */
  #offset = 0;
  #start = 0;
  /** The size of the kept events. */
  #size = 0;
  readonly #wakers = new Set<() => void>();
  readonly readers: Set<StreamReader> = new Set<StreamReader>();

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

/** The events from an index on, live once the reader has caught up. */
export function eventsFrom(
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
