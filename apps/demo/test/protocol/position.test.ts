import { expect, test } from "vitest";
import { offsetOf, shortPosition } from "../../src/protocol/position.ts";

test.each([
  ["0000000000000000_0000000000002314", "0_2314", "0_2314"],
  ["0000000000000012_0000000000000000,4", "12_0,4", "12_0"],
  ["-1,57", "-1,57", "the start"],
  ["3f_002100,4", "3f_2100,4", "3f_2100"],
])("the position %s is shown as %s, its offset as %s", (position, short, offset) => {
  expect(shortPosition(position)).toBe(short);
  expect(offsetOf(position)).toBe(offset);
});
