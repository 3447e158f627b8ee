// https://smithy.io/2.0/aws/amazon-eventstream.html#event-stream-headers
import type { HeaderValue } from "./header-value.ts";

// The number of each type on the wire. A boolean has no bytes but its type, which is one of two.
export const booleanTrue = 0;
export const booleanFalse = 1;
export const byte = 2;
export const short = 3;
export const integer = 4;
export const long = 5;
export const binary = 6;
export const string = 7;
export const timestamp = 8;
export const uuid = 9;

/** The name of each type, by its number on the wire. */
export const names: readonly HeaderValue["type"][] = [
  "boolean",
  "boolean",
  "byte",
  "short",
  "integer",
  "long",
  "binary",
  "string",
  "timestamp",
  "uuid",
];

/** The bytes of a value, by the number of its type; -1 for a length of two bytes before the value. */
export const valueBytes: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
