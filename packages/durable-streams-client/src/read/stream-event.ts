import type { Batch } from "./batches.ts";
import type { Offset } from "../protocol/offset.ts";

/** A piece of a stream with the place it ends at. */
export interface StreamEvent<T> {
  /**
   * In mode "json" one item; else all that came at once, which is empty where an event only says
   * that the reader has come to the tail or to the end.
   */
  data: T;
  /** Where the server's data that this is part of ends. */
  nextOffset: Offset;
  /** `stream(url, { offset: position })` goes on exactly after this event. */
  position: Offset;
  /** With this event the reader has all there was. */
  upToDate: boolean;
  /** With this event the stream is at its end for good. */
  closed: boolean;
  cursor?: string;
}

/** What `StreamResponse.iterEvents` gives in each mode. */
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

/** An event without data is worth giving if it says that the tail, or the end, is reached. */
export function hasNews(batch: Batch<unknown>, wasUpToDate: boolean): boolean {
  const { segment, complete } = batch;
  return complete && (segment.closed || (segment.upToDate && !wasUpToDate));
}
