import { FreshetError } from "@freshet/core";

/** Why bytes are not a good event stream, or a message cannot be encoded. */
export type EventStreamErrorCode =
  | "PRELUDE_CHECKSUM_MISMATCH"
  | "MESSAGE_CHECKSUM_MISMATCH"
  | "MESSAGE_LENGTH_INVALID"
  | "HEADERS_LENGTH_INVALID"
  | "MESSAGE_TOO_LARGE"
  | "HEADERS_TOO_LARGE"
  | "HEADER_NAME_INVALID"
  | "HEADER_TYPE_UNKNOWN"
  | "HEADER_VALUE_INVALID"
  | "HEADER_DUPLICATE"
  | "TRUNCATED"
  | "TRAILING_BYTES"
  | "NOT_AN_EVENT_STREAM";

/** The facts of an {@link EventStreamError}. */
export interface EventStreamErrorDetails {
  offset?: number;
  headerName?: string;
  text?: string;
}

/**
 * The one error of this package.
 *
 * @example
 * ```ts
 * import { decodeMessage, EventStreamError } from "@freshet/eventstream-codec";
 *
 * try {
 *   decodeMessage(new Uint8Array(5));
 * } catch (error) {
 *   if (error instanceof EventStreamError) console.log(error.code, error.offset); // TRUNCATED 0
 * }
 * ```
 */
export class EventStreamError extends FreshetError<EventStreamErrorCode> {
  override readonly name: string = "EventStreamError";
  /**
   * Where the frame at fault starts, in bytes from the start of the stream; everything before it was
   * good. For a header block alone it is where the header starts in the block; when encoding it is 0.
   */
  readonly offset: number;
  /** The header at fault, where one header is, and its name could be read. */
  readonly headerName?: string;
  /** With `NOT_AN_EVENT_STREAM`: the first 200 bytes of what came instead, as text. */
  readonly text?: string;

  constructor(code: EventStreamErrorCode, message: string, details: EventStreamErrorDetails = {}) {
    super(code, message);
    this.offset = details.offset ?? 0;
    if (details.headerName !== undefined) this.headerName = details.headerName;
    if (details.text !== undefined) this.text = details.text;
  }
}
