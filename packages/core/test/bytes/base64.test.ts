import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "../../src/index.ts";

test("bytes survive the way to base64 and back, also many of them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }),
  );
  const many = Uint8Array.from({ length: 20_000 }, (_, index) => index * 7);
  expect(fromBase64(toBase64(many))).toEqual(many);
});

test("padding may be missing, white space is skipped", () => {
  expect(fromBase64("AQ\n I")).toEqual(Uint8Array.of(1, 2));
});

test("anything else throws", () => {
  expect(() => fromBase64("A*==")).toThrow();
});
