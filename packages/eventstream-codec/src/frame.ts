// https://smithy.io/2.0/aws/amazon-eventstream.html#prelude
import { ByteKeyedCache } from "./byte-keyed-cache.ts";
import { EventStreamError } from "./event-stream-error.ts";
import { minMessageBytes, type ResolvedOptions } from "./limits.ts";
import { decodeHeaderBlock, isShareable, type MessageHeaders } from "./message-headers.ts";

/** A decoded message. */
export interface EventStreamMessage {
  readonly headers: MessageHeaders;
  /** A view of the bytes it came in, unless `copy` was set. */
  readonly payload: Uint8Array;
}

/** Total length, headers length and their checksum. */
export const preludeBytes = 12;

const blocks = /* @__PURE__ */ new ByteKeyedCache<MessageHeaders>(64, 512);

/**
 * Checks the prelude at `at`, of which all twelve bytes must be there.
 *
 * @param offset - where the frame starts in the stream, for the error
 * @returns the length of the whole frame
 */
export function readPrelude(
  view: DataView,
  at: number,
  options: ResolvedOptions,
  offset: number,
): number {
  // Before the lengths: nothing that they say is worth a look until it is known that they were meant.
  if (options.crc32Range(view, at, at + 8, 0) !== view.getInt32(at + 8)) {
    throw error(
      "PRELUDE_CHECKSUM_MISMATCH",
      offset,
      "has a damaged prelude; read the stream again",
    );
  }
  const total = view.getUint32(at);
  const headers = view.getUint32(at + 4);
  if (total < minMessageBytes) {
    throw error("MESSAGE_LENGTH_INVALID", offset, `claims ${total} bytes; the smallest has 16`);
  }
  if (total > options.maxMessageBytes) {
    const reason = `claims ${total} bytes; the limit (maxMessageBytes) is ${options.maxMessageBytes}`;
    throw error("MESSAGE_TOO_LARGE", offset, reason);
  }
  if (headers > total - minMessageBytes) {
    const reason = `claims ${headers} bytes of headers in a frame of ${total}`;
    throw error("HEADERS_LENGTH_INVALID", offset, reason);
  }
  if (headers > options.maxHeaderBytes) {
    const reason = `claims ${headers} bytes of headers; the limit (maxHeaderBytes) is ${options.maxHeaderBytes}`;
    throw error("HEADERS_TOO_LARGE", offset, reason);
  }
  return total;
}

/** Decodes the frame at `at`, whose prelude is checked and whose `total` bytes are all there. */
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
    throw error(
      "MESSAGE_CHECKSUM_MISMATCH",
      offset,
      "was damaged on its way; read the stream again",
    );
  }
  const headers = readHeaders(view, at + preludeBytes, headersEnd, options, offset);
  const payload = new Uint8Array(view.buffer, view.byteOffset + headersEnd, end - headersEnd);
  return { headers, payload: options.copy ? payload.slice() : payload };
}

function readHeaders(
  view: DataView,
  start: number,
  end: number,
  options: ResolvedOptions,
  offset: number,
): MessageHeaders {
  const known = blocks.find(view, start, end);
  if (known) return known;
  const isKept = blocks.isWorthKeeping(end - start);
  const block =
    isKept || options.copy
      ? { view: copyOf(view, start, end), start: 0, end: end - start, base: preludeBytes, offset }
      : { view, start, end, base: preludeBytes, offset };
  const headers = decodeHeaderBlock(block, options.keepLastDuplicate);
  if (isKept && isShareable(headers)) blocks.keep(block.view, headers);
  return headers;
}

function copyOf(view: DataView, start: number, end: number): DataView {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, end - start);
  return new DataView(bytes.slice().buffer);
}

function error(code: EventStreamError["code"], offset: number, reason: string): EventStreamError {
  return new EventStreamError(code, `The frame at offset ${offset} ${reason}.`, { offset });
}
