import { EventStreamError } from "../event-stream-error.ts";
import { preludeBytes } from "../frame-layout.ts";

/** How much of the text the error shows. */
export const excerptBytes = 200;

/**
 * Returns whether a body starts as text, such as the JSON or XML of an error or a proxy's page. The
 * first twelve bytes decide: as a prelude, text would claim headers of more than 150 MB.
 */
export function isText(body: Uint8Array): boolean {
  const start = body.subarray(0, preludeBytes);
  // White space, or anything but a control character.
  const isTextual = (byte: number) => (byte > 8 && byte < 14) || (byte > 31 && byte !== 127);
  return start.byteLength > 0 && start.every(isTextual);
}

/**
 * Makes the error of a body that is text.
 *
 * @param start - the first bytes of the body, as many as are known
 */
export function notAnEventStream(start: Uint8Array): EventStreamError {
  const text = new TextDecoder().decode(start.subarray(0, excerptBytes));
  const message = `The body is text instead of an event stream: ${text}`;
  return new EventStreamError("NOT_AN_EVENT_STREAM", message, { text });
}
