import { FreshetError } from "@freshet/core";

/** Why bytes cannot be decoded, or a message cannot be encoded. */
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
  | "INCOMPLETE_STREAM"
  | "TRAILING_BYTES"
  | "NOT_AN_EVENT_STREAM"
  | "IDLE_TIMEOUT"
  | "INVALID_OPTION";

/**
 * The error class of this package. `retryable` is always false: the same bytes fail again.
 *
 * @example
 * ```ts
 * import { decodeMessage, EventStreamError } from "@freshet/eventstream-codec";
 *
 * try {
 *   decodeMessage(new Uint8Array(5));
 * } catch (error) {
 *   if (error instanceof EventStreamError) console.log(error.code, error.offset); // INCOMPLETE_STREAM 0
 * }
 * ```
 */
export class EventStreamError extends FreshetError<EventStreamErrorCode> {
  override readonly name: string = "EventStreamError";
  /**
   * Where the bad frame starts, in bytes from the start of the stream: everything before it was good. 0
   * for a frame or a header block alone, and when encoding.
   */
  declare readonly offset: number;
  /** The bad header, if its name could be read. */
  declare readonly headerName: string | undefined;
  /** With `NOT_AN_EVENT_STREAM`: the first 200 bytes of what came instead, as text. */
  declare readonly text: string | undefined;

  constructor(
    code: EventStreamErrorCode,
    message: string,
    facts: {
      offset?: number;
      headerName?: string | undefined;
      text?: string | undefined;
    } = {},
  ) {
    super(code, message, {}, { offset: 0, ...facts });
  }
}

/** Makes the error of an option that is not allowed. */
export function invalidOption(message: string): EventStreamError {
  return new EventStreamError("INVALID_OPTION", message);
}

/** Makes the error of the frame that starts at `offset`. */
export function frameError(
  code: EventStreamErrorCode,
  offset: number,
  reason: string,
): EventStreamError {
  return new EventStreamError(code, `The frame at offset ${offset} ${reason}.`, { offset });
}

/** Makes the error of a header; `offset` is that of its frame when it is read from one. */
export function headerError(
  code: EventStreamErrorCode,
  headerName: string | undefined,
  reason: string,
  offset?: number,
): EventStreamError {
  const which = headerName === undefined ? "A header" : `Header ${JSON.stringify(headerName)}`;
  const place = offset === undefined ? "" : ` of the frame at offset ${offset}`;
  return new EventStreamError(code, `${which}${place} ${reason}.`, {
    offset: offset ?? 0,
    headerName,
  });
}
