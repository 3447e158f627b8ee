import { EventStreamError } from "./event-stream-error.ts";
import { preludeBytes, readFrame, readPrelude, type EventStreamMessage } from "./frame.ts";
import { resolveOptions, type DecoderOptions } from "./limits.ts";
import { isText, notAnEventStream } from "./not-an-event-stream.ts";

/**
 * Decodes exactly one frame. For a stream use `MessageDecoder` or `decodeMessages`.
 *
 * @throws EventStreamError `TRUNCATED` if it is less than a frame, `TRAILING_BYTES` if it is more, and
 * any other for a bad frame
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from "@freshet/eventstream-codec";
 *
 * const frame = encodeMessage({ payload: new TextEncoder().encode("hello") });
 * console.log(new TextDecoder().decode(decodeMessage(frame).payload)); // hello
 * ```
 */
export function decodeMessage(frame: Uint8Array, options?: DecoderOptions): EventStreamMessage {
  const resolved = resolveOptions(options);
  const length = frame.byteLength;
  const start = frame.subarray(0, preludeBytes);
  if (length > 0 && isText(start)) throw notAnEventStream(frame);
  if (length < preludeBytes) {
    const message = `A frame has at least 16 bytes; these are ${length}.`;
    throw new EventStreamError("TRUNCATED", message);
  }
  const view = new DataView(frame.buffer, frame.byteOffset, length);
  const total = readPrelude(view, 0, resolved, 0);
  if (length < total) {
    const message = `The frame has ${total} bytes, of which ${length} are there.`;
    throw new EventStreamError("TRUNCATED", message);
  }
  if (length > total) {
    const message = `${length - total} bytes follow the frame of ${total} bytes; use MessageDecoder for more than one frame.`;
    throw new EventStreamError("TRAILING_BYTES", message);
  }
  return readFrame(view, 0, total, resolved, 0);
}
