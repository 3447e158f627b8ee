import type { Offset } from "../protocol/offset.ts";
import type { Batch } from "./batches.ts";

/** A piece of a stream with the position where it ends. */
export interface StreamEvent<T> {
  /**
   * In mode "json" one item; in other modes all data that arrived together. It is empty in an event
   * that only reports that the reader has reached the tail or the end.
   */
  data: T;
  /** The server's offset at the end of the data that this event is part of. */
  nextOffset: Offset;
  /** `stream(url, { offset: position })` continues exactly after this event. */
  position: Offset;
  /** With this event the reader has reached the tail of the stream. */
  upToDate: boolean;
  /** With this event the reader has everything, and the stream is closed. */
  closed: boolean;
  cursor?: string;
}

/** The data of `StreamResponse.iterEvents` in each mode. */
export interface EventModes<T> {
  bytes: Uint8Array;
  text: string;
  json: T;
  "json-batches": T[];
}

export function eventOf<D>(
  data: D,
  batch: Batch<unknown>,
  position: Offset,
  isLast: boolean,
): StreamEvent<D> {
  const { segment, complete } = batch;
  const event: StreamEvent<D> = {
    data,
    nextOffset: segment.next,
    position,
    upToDate: isLast && complete && segment.upToDate,
    closed: isLast && complete && segment.closed,
  };
  if (segment.cursor !== undefined) event.cursor = segment.cursor;
  return event;
}

/** Whether an event without data reports something: that the tail, or the end, is reached. */
export function hasNews(batch: Batch<unknown>, wasUpToDate: boolean): boolean {
  const { segment, complete } = batch;
  return complete && (segment.closed || (segment.upToDate && !wasUpToDate));
}
