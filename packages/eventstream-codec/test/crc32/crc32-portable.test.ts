import { crc32, crc32Range } from "#crc32";
import { utf8 } from "@freshet/test-support";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 as portable, crc32Range as portableRange } from "../../src/crc32/crc32-portable.ts";

// The definition, one bit at a time.
function slowly(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const numbers = Uint8Array.from(
  { length: 2000 },
  (_, index) => (index * 167 + (index >> 3)) & 0xff,
);

describe.each([
  ["the platform's", crc32, crc32Range],
  ["portable", portable, portableRange],
])("%s crc32", (_, whole, range) => {
  test("has the check value of the definition", () => {
    expect(whole(utf8("123456789"))).toBe(0xcbf43926);
    expect(whole(new Uint8Array(0))).toBe(0);
  });

  test("is correct at every length and alignment", () => {
    for (let length = 0; length < 700; length++) {
      const part = numbers.subarray(length % 17, (length % 17) + length);
      expect(whole(part)).toBe(slowly(part));
    }
  });

  test("continues from a seed at every position", () => {
    const all = numbers.subarray(0, 1000);
    const expected = slowly(all);
    for (let place = 0; place <= all.byteLength; place += 13) {
      expect(whole(all.subarray(place), whole(all.subarray(0, place)))).toBe(expected);
    }
  });

  test("takes a part of a view, signed", () => {
    fc.assert(
      fc.property(fc.nat(900), fc.nat(900), fc.integer(), (start, length, seed) => {
        const view = new DataView(numbers.buffer, 7);
        const part = numbers.subarray(7 + start, 7 + start + length);
        expect(range(view, start, start + length, seed)).toBe(slowly(part, seed) | 0);
      }),
    );
  });
});
