import { EventStreamError } from "../event-stream-error.ts";
import { preludeBytes } from "../frame-layout.ts";

/** How much of what came instead an error shows. */
export const excerptBytes = 200;

/**
 * Whether a body starts as text: the JSON or XML of an error, a proxy's page. The first twelve bytes
 * tell: a prelude of text would claim headers of more than 150 MB.
 */
export function isText(body: Uint8Array): boolean {
  const length = Math.min(body.byteLength, preludeBytes);
  for (let at = 0; at < length; at++) {
    const byte = body[at] ?? 0;
    const isSpace = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
    if (!isSpace && (byte < 0x20 || byte === 0x7f)) return false;
  }
  return length > 0;
}

/** @param start - the body's first bytes, as many as are known */
export function notAnEventStream(start: Uint8Array): EventStreamError {
  const text = new TextDecoder().decode(start.subarray(0, excerptBytes));
  const message = `This is not an event stream, but text; see what it says: ${text}`;
  return new EventStreamError("NOT_AN_EVENT_STREAM", message, 0, { text });
}
