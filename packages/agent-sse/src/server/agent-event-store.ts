import type { AgentEvent } from "@freshet/core";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** An event at its place in a stream: a reader that was given `id` resumes after it. */
export interface StoredEvent {
  event: AgentEvent | WireEvent;
  id: string;
}

/** What {@link AgentEventStore.readAfter} returns. */
export interface StoredEvents extends AsyncIterable<StoredEvent> {
  /** The stream is closed and holds nothing after the position. */
  readonly isAtEnd: boolean;
}

/**
 * Keeps the events of streams, so that a reader can come back. `MemoryEventStore` is one; with a durable
 * stream you need none.
 */
export interface AgentEventStore {
  /**
   * Adds events to a stream, in order, and makes the stream if there is none.
   *
   * @returns the id of the last of them
   * @throws AgentStreamError `STREAM_CLOSED`
   */
  append(stream: string, ...events: readonly (AgentEvent | WireEvent)[]): Promise<string>;

  /**
   * The events after an id, or from the start: first those that are there, then each as it is appended,
   * until the stream is closed or the signal fires. None is lost or repeated between the two. A stream
   * that does not exist yet is waited for.
   *
   * @throws AgentStreamError `POSITION_UNKNOWN` for an id that this stream never gave,
   * `POSITION_EXPIRED` for one whose following events are not kept any more
   */
  readAfter(
    stream: string,
    lastEventId: string | undefined,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<StoredEvents>;

  /** Says that nothing more will come: readers end when they have read all. */
  close(stream: string): Promise<void>;
}
