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
   * Where the frame at fault starts, in bytes from the start of the stream: all before it was good. 0
   * for a frame or a header block alone, and when encoding.
   */
  readonly offset: number;
  /** The header at fault, where one is whose name could be read. */
  readonly headerName: string | undefined;
  /** With `NOT_AN_EVENT_STREAM`: the first 200 bytes of what came instead, as text. */
  readonly text: string | undefined;

  constructor(
    code: EventStreamErrorCode,
    message: string,
    offset: number = 0,
    facts: { headerName?: string | undefined; text?: string | undefined } = {},
  ) {
    super(code, message);
    this.offset = offset;
    this.headerName = facts.headerName;
    this.text = facts.text;
  }
}

/** An error about the frame that starts at `offset`. */
export function frameError(
  code: EventStreamErrorCode,
  offset: number,
  reason: string,
): EventStreamError {
  return new EventStreamError(code, `The frame at offset ${offset} ${reason}.`, offset);
}

/** An error about a header, in the frame that starts at `offset` when it is read from one. */
export function headerError(
  code: EventStreamErrorCode,
  headerName: string | undefined,
  reason: string,
  offset?: number,
): EventStreamError {
  const which = headerName === undefined ? "A header" : `Header ${JSON.stringify(headerName)}`;
  const place = offset === undefined ? "" : ` of the frame at offset ${offset}`;
  return new EventStreamError(code, `${which}${place} ${reason}.`, offset, { headerName });
}
