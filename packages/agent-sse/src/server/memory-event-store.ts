import {
  aFunction,
  anAbortSignal,
  checkOptions,
  numberBetween,
  wholeNumberOrInfinity,
  type AgentEvent,
} from "@freshet/core";
import type { AgentEventStore, StoredEvents } from "./agent-event-store.ts";
import { eventsFrom, MemoryStream, type Limits } from "./memory-stream.ts";
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

/** The result of a synchronous operation as a promise, which rejects if the operation throws. */
function settled<T>(operation: () => T): Promise<T> {
  return new Promise((resolve) => resolve(operation()));
}
