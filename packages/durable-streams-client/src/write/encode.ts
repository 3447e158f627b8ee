import { InvalidOptionError } from "../errors.ts";

/** A value in its wire format: the text of a JSON value, or bytes. */
export type Encoded = string | Uint8Array;

const encoder = new TextEncoder();

/** Encodes one value for a stream; throws for a value that the stream cannot contain. */
export function encodeValue(value: unknown, isJsonStream: boolean): Encoded {
  if (isJsonStream) return encodeJson(value);
  const data = bytesOrText(value);
  return typeof data === "string" ? encoder.encode(data) : ownBytes(data);
}

/** Returns a value that a stream other than JSON can contain; throws for any other. */
export function bytesOrText(value: unknown): string | Uint8Array {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw new InvalidOptionError(
      `Invalid value, ${describe(value)}: a stream that is not application/json accepts strings and Uint8Arrays.`,
    );
  }
  if (value.length === 0) {
    throw new InvalidOptionError(
      "Invalid empty value: expected at least one byte (PROTOCOL.md, section 5.2).",
    );
  }
  return value;
}

/** Copies bytes, since the caller may reuse the buffer before they are sent. */
export function ownBytes(value: Encoded): Encoded {
  // Not slice(): a Buffer's is a view.
  return typeof value === "string" ? value : new Uint8Array(value);
}

/** Copies a value until it is known whether the stream is JSON. */
export function snapshot(value: unknown): unknown {
  if (value instanceof Uint8Array) return ownBytes(value);
  if (typeof value !== "object" || value === null) return value;
  return JSON.parse(encodeJson(value)) as unknown;
}

/** The JSON text of a value. */
export function encodeJson(value: unknown): string {
  if (value instanceof Uint8Array) {
    throw new InvalidOptionError(
      "Invalid value, bytes: a JSON stream accepts JSON values, so parse the bytes first.",
    );
  }
  let text: unknown; // JSON.stringify is declared to return a string, and returns undefined too
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new InvalidOptionError(
      `Invalid value: JSON.stringify failed with ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  if (typeof text !== "string") {
    throw new InvalidOptionError(
      `Invalid value, ${describe(value)}: a JSON stream accepts what JSON.stringify can write.`,
    );
  }
  return text;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
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
