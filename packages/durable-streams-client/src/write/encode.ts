import { InvalidOptionError } from "../errors.ts";

/** A value as it goes on the wire: the text of a JSON value, or bytes. */
export type Encoded = string | Uint8Array;

const encoder = new TextEncoder();

/** Encodes one value for a stream; throws where it is nothing the stream can hold. */
export function encodeValue(value: unknown, isJsonStream: boolean): Encoded {
  if (isJsonStream) return encodeJson(value);
  const data = bytesOrText(value);
  return typeof data === "string" ? encoder.encode(data) : ownBytes(data);
}

/** Lets through what a stream that is not JSON can hold. */
export function bytesOrText(value: unknown): string | Uint8Array {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw new InvalidOptionError(
      `The value is ${describe(value)}: a stream that is not application/json takes strings and Uint8Arrays.`,
    );
  }
  if (value.length === 0) {
    throw new InvalidOptionError(
      "The value is empty: an append must have data (PROTOCOL.md, 5.2).",
    );
  }
  return value;
}

/** The value as it is now: the caller's buffer may be used again before it is sent. */
export function ownBytes(value: Encoded): Encoded {
  // Not slice(): a Buffer's is a view.
  return typeof value === "string" ? value : new Uint8Array(value);
}

/** A value as it is now, for when it is known whether it is to be JSON. */
export function snapshot(value: unknown): unknown {
  if (value instanceof Uint8Array) return ownBytes(value);
  if (typeof value !== "object" || value === null) return value;
  return JSON.parse(encodeJson(value)) as unknown;
}

/** The text of a JSON value as it is now. */
export function encodeJson(value: unknown): string {
  if (value instanceof Uint8Array) {
    throw new InvalidOptionError(
      "The value is bytes: a JSON stream takes JSON values, so parse what they spell.",
    );
  }
  let text: unknown; // JSON.stringify is declared to return a string, and returns undefined too
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new InvalidOptionError(
      `The value cannot be written as JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  if (typeof text !== "string") {
    throw new InvalidOptionError(`The value is ${describe(value)}, which JSON cannot hold.`);
  }
  return text;
}

function describe(value: unknown): string {
  return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** How many bytes a string takes in UTF-8. */
export function utf8Length(text: string): number {
  let size = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // A pair of surrogates is two units and four bytes.
    if (unit >= 0x80) size += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return size;
}
