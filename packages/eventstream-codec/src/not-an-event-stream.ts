import { EventStreamError } from "./event-stream-error.ts";

/** How much of what came instead an error shows. */
export const excerptBytes = 200;

/**
 * Whether the start of a body is text: the JSON or XML of an error, a proxy's page. A prelude never is,
 * because the headers of a frame would have to be longer than half a gigabyte.
 */
export function isText(start: Uint8Array): boolean {
  return start.every(
    (byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09,
  );
}

/** @param start - the body's first bytes, as many as are known */
export function notAnEventStream(start: Uint8Array): EventStreamError {
  const text = new TextDecoder().decode(start.subarray(0, excerptBytes));
  const message = `The body is text, not an event stream; look at the response's status and at what it says: ${text}`;
  return new EventStreamError("NOT_AN_EVENT_STREAM", message, { offset: 0, text });
}
