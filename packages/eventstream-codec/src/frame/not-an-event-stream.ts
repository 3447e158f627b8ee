import { EventStreamError } from "../event-stream-error.ts";
import { preludeBytes } from "../frame-layout.ts";

/** How much of the text the error shows. */
export const excerptBytes = 200;

/**
 * Returns whether a body starts as text, such as the JSON or XML of an error or a proxy's page. The
 * first twelve bytes decide: as a prelude, text would claim headers of more than 150 MB.
 */
export function isText(body: Uint8Array): boolean {
  const length = Math.min(body.byteLength, preludeBytes);
  // Not by `every`: decodeMessage comes here for every frame.
  for (let at = 0; at < length; at++) {
    const byte = body[at] ?? 0;
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false;
  }
  return length > 0;
}

/**
 * Makes the error of a body that is text.
 *
 * @param start - the first bytes of the body, as many as are known
 */
export function notAnEventStream(start: Uint8Array): EventStreamError {
  const text = new TextDecoder().decode(start.subarray(0, excerptBytes));
  const message = `The body is text, not an event stream: ${text}`;
  return new EventStreamError("NOT_AN_EVENT_STREAM", message, { text });
}
