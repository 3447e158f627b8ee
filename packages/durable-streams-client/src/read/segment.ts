import type { Offset } from "../protocol/offset.ts";

/**
 * The data of a stream between two offsets: either a page of a GET, whose body is read as it arrives,
 * or the data events of one SSE batch.
 */
export interface Segment {
  /** The offset of the request, where the data starts. */
  readonly start: Offset;
  /** Where reading continues after all of the data. */
  readonly next: Offset;
  /** The data reaches the tail of the stream. */
  readonly upToDate: boolean;
  /** The stream is closed, and the data is the last of it. */
  readonly closed: boolean;
  readonly cursor: string | undefined;
  readonly contentType: string | undefined;
  /** The chunks of a page, which can be read once. `undefined` for an SSE batch. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** The data of an SSE batch's events. Empty for a page. */
  readonly events: readonly string[];
  /** The events are base64 of binary data. */
  readonly isBase64: boolean;
}
