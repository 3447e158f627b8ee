// https://smithy.io/2.0/aws/amazon-eventstream.html#event-stream-headers

/**
 * A header's value with its type on the wire. Numbers are signed integers of 8, 16 and 32 bits; a `long`
 * is a bigint of 64 bits; a uuid is lower-case hex as 8-4-4-4-12; timestamps have milliseconds.
 */
export type HeaderValue =
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "byte" | "short" | "integer"; readonly value: number }
  | { readonly type: "long"; readonly value: bigint }
  | { readonly type: "binary"; readonly value: Uint8Array }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "timestamp"; readonly value: Date }
  | { readonly type: "uuid"; readonly value: string };

/** Headers to encode: an object, a Map, `MessageHeaders` or pairs. */
export type MessageHeadersInit =
  Readonly<Record<string, HeaderValue>> | Iterable<readonly [string, HeaderValue]>;

/**
 * Builds header values. The encoder checks them, because it knows the header's name.
 *
 * @example
 * ```ts
 * import { encodeMessage, header } from "@freshet/eventstream-codec";
 *
 * const frame = encodeMessage({
 *   headers: { ":message-type": header.string("event"), sequence: header.long(7n) },
 * });
 * console.log(frame.byteLength); // 58
 * ```
 */
export const header = {
  boolean: (value: boolean): { type: "boolean"; value: boolean } => ({ type: "boolean", value }),
  /** An integer from -128 to 127. */
  byte: (value: number): { type: "byte"; value: number } => ({ type: "byte", value }),
  /** An integer from -32,768 to 32,767. */
  short: (value: number): { type: "short"; value: number } => ({ type: "short", value }),
  /** An integer from -2,147,483,648 to 2,147,483,647. */
  integer: (value: number): { type: "integer"; value: number } => ({ type: "integer", value }),
  /** An integer of 64 bits, signed. */
  long: (value: bigint): { type: "long"; value: bigint } => ({ type: "long", value }),
  /** At most 32,767 bytes. */
  binary: (value: Uint8Array): { type: "binary"; value: Uint8Array } => ({ type: "binary", value }),
  /** At most 32,767 bytes as UTF-8. */
  string: (value: string): { type: "string"; value: string } => ({ type: "string", value }),
  /** A valid date; milliseconds are kept. */
  timestamp: (value: Date): { type: "timestamp"; value: Date } => ({ type: "timestamp", value }),
  /** 8-4-4-4-12 hexadecimal digits of either case. */
  uuid: (value: string): { type: "uuid"; value: string } => ({ type: "uuid", value }),
};
