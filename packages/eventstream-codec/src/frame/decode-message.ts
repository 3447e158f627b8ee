import { frameError } from "../event-stream-error.ts";
import { readFrame, readPrelude, truncated, type EventStreamMessage } from "./frame.ts";
import { preludeBytes } from "../frame-layout.ts";
import { resolveOptions, type DecoderOptions } from "../options.ts";
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
  if (isText(frame)) throw notAnEventStream(frame);
  const { buffer, byteOffset, byteLength } = frame;
  const view = new DataView(buffer, byteOffset, byteLength);
  const total = byteLength < preludeBytes ? undefined : readPrelude(view, 0, resolved, 0);
  if (total === byteLength) return readFrame(view, 0, total, resolved, 0);
  throw total === undefined || total > byteLength
    ? truncated(byteLength, total, 0)
    : frameError(
        "TRAILING_BYTES",
        0,
        `has ${total} bytes and ${byteLength - total} follow; use MessageDecoder`,
      );
}
