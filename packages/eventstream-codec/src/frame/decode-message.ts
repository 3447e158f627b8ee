import { viewOf } from "../byte-views.ts";
import { frameError } from "../event-stream-error.ts";
import { readFrame, readPrelude, incompleteFrame, type EventStreamMessage } from "./frame.ts";
import { preludeBytes } from "../frame-layout.ts";
import { resolveOptions, type DecoderOptions } from "../options.ts";
import { isText, notAnEventStream } from "./not-an-event-stream.ts";

/**
 * Decodes exactly one frame. For a stream use `MessageDecoder` or `decodeMessages`.
 *
 * @throws EventStreamError `INCOMPLETE_STREAM` for less than a frame, `TRAILING_BYTES` for more, and other
 * codes for a bad frame
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
  const { byteLength } = frame;
  const view = viewOf(frame);
  const total = byteLength < preludeBytes ? 0 : readPrelude(view, 0, resolved, 0);
  if (total > 0 && total === byteLength) return readFrame(view, 0, total, resolved, 0);
  throw total === 0 || total > byteLength
    ? incompleteFrame(byteLength, total, 0)
    : frameError(
        "TRAILING_BYTES",
        0,
        `has ${total} bytes and ${byteLength - total} bytes follow; use MessageDecoder`,
      );
}
