import { InvalidOptionError } from "./errors.ts";
import { concat } from "./text-splitter.ts";

/** A value as it goes on the wire: the text of a JSON value, or bytes. */
export type Encoded = string | Uint8Array;

const encoder = new TextEncoder();

/** Encodes one value for a stream; throws where it is nothing the stream can hold. */
export function encodeValue(value: unknown, isJsonStream: boolean): Encoded {
  if (isJsonStream) return encodeJson(value);
  if (typeof value === "string") {
    if (value === "") throw emptyValue();
    return encoder.encode(value);
  }
  if (!(value instanceof Uint8Array)) {
    throw new InvalidOptionError(
      `The value is ${describe(value)}: a stream that is not application/json takes strings and Uint8Arrays.`,
    );
  }
  if (value.length === 0) throw emptyValue();
  return value;
}

function encodeJson(value: unknown): string {
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

function emptyValue(): InvalidOptionError {
  return new InvalidOptionError("The value is empty: an append must have data (PROTOCOL.md, 5.2).");
}

function describe(value: unknown): string {
  return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The size of an encoded value in a body, in bytes; a JSON value brings a comma or bracket along. */
export function encodedSize(encoded: Encoded): number {
  return typeof encoded === "string" ? utf8Length(encoded) + 1 : encoded.length;
}

function utf8Length(text: string): number {
  let size = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // A pair of surrogates is two units and four bytes.
    if (unit >= 0x80) size += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return size;
}

/** One request body of several values: a JSON array, which the server takes apart, or the bytes. */
export function joinBody(values: readonly Encoded[]): Encoded | undefined {
  if (values.length === 0) return undefined;
  return typeof values[0] === "string"
    ? `[${values.join(",")}]`
    : concat(values as readonly Uint8Array[]);
}
