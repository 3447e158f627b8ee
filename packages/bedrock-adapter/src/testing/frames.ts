import { toBase64 } from "@freshet/core";
import { encodeMessage, header } from "@freshet/eventstream-codec";
import type { KnownConverseEvent } from "../decode/converse-events.ts";

const utf8 = new TextEncoder();

/** Options of the encoders. */
export interface FrameOptions {
  /** Padding as Bedrock adds it to hide the length of a token. Default: none. */
  padding?: string | undefined;
}

/** One ConverseStream event as the frame that Bedrock would send; bytes become base64. */
export function encodeConverseEvent(
  event: KnownConverseEvent,
  { padding }: FrameOptions = {},
): Uint8Array {
  const { type, ...fields } = event;
  const padded = padding === undefined ? fields : { ...fields, p: padding };
  return encodeEvent(
    type,
    JSON.stringify(padded, (_, value: unknown) =>
      value instanceof Uint8Array ? toBase64(value) : value,
    ),
  );
}

/** One chunk of InvokeModelWithResponseStream as the frame that Bedrock would send. */
export function encodeInvokeChunk(chunk: unknown, { padding }: FrameOptions = {}): Uint8Array {
  const bytes = toBase64(utf8.encode(JSON.stringify(chunk)));
  return encodeEvent(
    "chunk",
    JSON.stringify({ bytes, ...(padding !== undefined && { p: padding }) }),
  );
}

/** An event frame of any type, with any payload. */
export function encodeEvent(eventType: string, payload: string): Uint8Array {
  return encodeMessage({
    headers: {
      ":event-type": header.string(eventType),
      ":content-type": header.string("application/json"),
      ":message-type": header.string("event"),
    },
    payload: utf8.encode(payload),
  });
}

/** An exception frame, such as `throttlingException` with `{"message": "Too many tokens"}`. */
export function encodeException(exceptionType: string, body: string): Uint8Array {
  return encodeMessage({
    headers: {
      ":exception-type": header.string(exceptionType),
      ":content-type": header.string("application/json"),
      ":message-type": header.string("exception"),
    },
    payload: utf8.encode(body),
  });
}

/** An error frame. Services may leave the message out, and the code. */
export function encodeError(errorCode?: string, errorMessage?: string): Uint8Array {
  return encodeMessage({
    headers: {
      ...(errorCode !== undefined && { ":error-code": header.string(errorCode) }),
      ...(errorMessage !== undefined && { ":error-message": header.string(errorMessage) }),
      ":message-type": header.string("error"),
    },
  });
}

/**
 * Splits a body into its frames by their length fields. A cut or damaged end is the last part.
 */
export function splitFrames(body: Uint8Array): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    const claimed = at + 4 <= body.length ? view.getUint32(at) : 0;
    const end = claimed >= 16 && at + claimed <= body.length ? at + claimed : body.length;
    frames.push(body.subarray(at, end));
    at = end;
  }
  return frames;
}
