// https://smithy.io/2.0/aws/amazon-eventstream.html#prelude
import {
  frameError,
  type EventStreamError,
  type EventStreamErrorCode,
} from "../event-stream-error.ts";
import { bytesOf } from "../byte-views.ts";
import { minMessageBytes, preludeBytes } from "../frame-layout.ts";
import type { ResolvedOptions } from "../options.ts";
import { readHeaders, type MessageHeaders } from "../headers/message-headers.ts";

/** A decoded message. */
export interface EventStreamMessage {
  readonly headers: MessageHeaders;
  /** A view of the bytes it came in, unless `copy` was set. */
  readonly payload: Uint8Array;
}

/**
 * Checks the prelude at `at`, whose twelve bytes must all be there.
 *
 * @param offset - where the frame starts in the stream, for the error
 * @returns the length of the whole frame
 */
export function readPrelude(
  view: DataView,
  at: number,
  { crc32Range, maxMessageBytes, maxHeaderBytes }: ResolvedOptions,
  offset: number,
): number {
  // Before the lengths, which mean nothing in a damaged prelude.
  if (crc32Range(view, at, at + 8, 0) !== view.getInt32(at + 8)) {
    throw frameError(
      "PRELUDE_CHECKSUM_MISMATCH",
      offset,
      "has a damaged prelude; request it again",
    );
  }
  const total = view.getUint32(at);
  const headers = view.getUint32(at + 4);
  const bad = (code: EventStreamErrorCode, limit: string) =>
    frameError(code, offset, `claims ${total} bytes, ${headers} of them headers; ${limit}`);
  if (total < minMessageBytes) throw bad("MESSAGE_LENGTH_INVALID", "16 is the minimum");
  if (headers > total - minMessageBytes) throw bad("HEADERS_LENGTH_INVALID", "they do not fit");
  if (total > maxMessageBytes)
    throw bad("MESSAGE_TOO_LARGE", `maxMessageBytes is ${maxMessageBytes}`);
  if (headers > maxHeaderBytes)
    throw bad("HEADERS_TOO_LARGE", `maxHeaderBytes is ${maxHeaderBytes}`);
  return total;
}

/** Decodes the frame at `at`, whose prelude was checked and whose `total` bytes are all there. */
export function readFrame(
  view: DataView,
  at: number,
  total: number,
  options: ResolvedOptions,
  offset: number,
): EventStreamMessage {
  const headersEnd = at + preludeBytes + view.getUint32(at + 4);
  const end = at + total - 4;
  // The message's checksum is the prelude's, continued: the first eight bytes need no second pass.
  if (options.crc32Range(view, at + 8, end, view.getInt32(at + 8)) !== view.getInt32(end)) {
    throw frameError("MESSAGE_CHECKSUM_MISMATCH", offset, "is damaged; request it again");
  }
  const headers = readHeaders(view, at + preludeBytes, headersEnd, options, offset);
  const payload = bytesOf(view, headersEnd, end);
  return { headers, payload: options.copy ? payload.slice() : payload };
}

/**
 * Makes the error of a frame that ends early.
 *
 * @param total - the frame's length; 0 if its prelude is incomplete too
 */
export function incompleteFrame(
  byteLength: number,
  total: number,
  offset: number,
): EventStreamError {
  const all = total ? ` of ${total}` : "";
  return frameError(
    "INCOMPLETE_STREAM",
    offset,
    `ends after ${byteLength}${all} bytes; request it again`,
  );
}
