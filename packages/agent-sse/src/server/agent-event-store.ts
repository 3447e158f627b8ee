import type { AgentEvent } from "@freshet/core";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** An event at its place in a stream. */
export interface StoredEvent {
  event: AgentEvent | WireEvent;
  /** A reader that has received it resumes after it. Missing for a `transient` event, which has no place. */
  id?: string | undefined;
}

/** What {@link AgentEventStore.readAfter} returns. */
export interface StoredEvents extends AsyncIterable<StoredEvent> {
  /** Whether the stream is closed and holds nothing after the position. */
  readonly isAtEnd: boolean;
}

/**
 * Keeps the events of streams, so that a reader can come back. `MemoryEventStore` is an implementation;
 * with a durable stream no store is needed.
 */
export interface AgentEventStore {
  /**
   * Appends events to a stream, in order, and creates the stream if it does not exist. An event that is
   * `transient` goes only to the readers that are there.
   *
   * @returns the id of the last event that is kept; `""` before the first
   * @throws AgentStreamError `STREAM_CLOSED`
   */
  append(stream: string, ...events: readonly (AgentEvent | WireEvent)[]): Promise<string>;

  /**
   * Reads the events after an id, or from the start: first the stored ones, then each as it is appended,
   * until the stream is closed or the signal fires. No event is lost or repeated between the two. If the
   * stream does not exist yet, the reader waits for it.
   *
   * @throws AgentStreamError `POSITION_UNKNOWN` for an id that this stream never issued,
   * `POSITION_EXPIRED` for an id whose following events are no longer kept
   */
  readAfter(
    stream: string,
    lastEventId: string | undefined,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<StoredEvents>;

  /** Closes a stream to further events. Its readers end when they have read everything. */
  close(stream: string): Promise<void>;
}
