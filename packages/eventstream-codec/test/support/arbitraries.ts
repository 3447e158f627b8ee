import fc from "fast-check";
import { header, type HeaderValue } from "../../src/index.ts";

const maxDateMs = 8.64e15;

/** Text that UTF-8 can express, byte order marks and astral characters included. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom("", "\u{FEFF}mark", "__proto__", "constructor", "😀", ":event-type"),
);

const bytes = fc.uint8Array({ maxLength: 40 });

export const headerValue: fc.Arbitrary<HeaderValue> = fc.oneof(
  fc.boolean().map(header.boolean),
  fc.integer({ min: -0x80, max: 0x7f }).map(header.byte),
  fc.integer({ min: -0x8000, max: 0x7fff }).map(header.short),
  fc.integer().map(header.integer),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(header.long),
  bytes.map(header.binary),
  text.map(header.string),
  fc.integer({ min: -maxDateMs, max: maxDateMs }).map((ms) => header.timestamp(new Date(ms))),
  fc.uuid().map(header.uuid),
);

const headerName = text.filter((name) => {
  const { byteLength } = new TextEncoder().encode(name);
  return byteLength > 0 && byteLength <= 255;
});

export const headerPairs: fc.Arbitrary<[string, HeaderValue][]> = fc.uniqueArray(
  fc.tuple(headerName, headerValue),
  { selector: ([name]) => name, maxLength: 20 },
);

export interface Encodable {
  headers: [string, HeaderValue][];
  payload: Uint8Array;
}

export const message: fc.Arbitrary<Encodable> = fc.record({
  headers: headerPairs,
  payload: fc.uint8Array({ maxLength: 300 }),
});

/** Where to cut something of this length into chunks, empty ones included. */
export function cuts(byteLength: number): fc.Arbitrary<number[]> {
  return fc
    .array(fc.nat({ max: byteLength }), { maxLength: 12 })
    .map((positions) => positions.sort((a, b) => a - b));
}
