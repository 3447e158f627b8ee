import { expect, test } from "vitest";
import { concatBytes } from "../../src/index.ts";

test("chunks become one, a single chunk stays itself", () => {
  const only = Uint8Array.of(1, 2);
  expect(concatBytes([only])).toBe(only);
  expect(concatBytes([only, new Uint8Array(0), Uint8Array.of(3)])).toEqual(Uint8Array.of(1, 2, 3));
  expect(concatBytes([])).toEqual(new Uint8Array(0));
});
