import type { Offset } from "../protocol/offset.ts";

/**
 * A piece of the stream as one answer gave it: the data between two offsets. Either a page of a GET,
 * whose body is read as it arrives, or the data events of one SSE batch.
 */
export interface Segment {
  /** What was asked for; with `skip` of it already given, it is where the data starts. */
  readonly start: Offset;
  /** Where reading goes on once all of the data was given. */
  readonly next: Offset;
  /** After the data the reader had all there was. */
  readonly upToDate: boolean;
  /** After the data the stream is at its end for good. */
  readonly closed: boolean;
  readonly cursor: string | undefined;
  readonly contentType: string | undefined;
  /** A page: its pieces, to be read once. `undefined` for an SSE batch. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** An SSE batch: the data of its events. Empty for a page. */
  readonly events: readonly string[];
  /** The events are base64 of binary data. */
  readonly isBase64: boolean;
}
