import { expect, test } from "vitest";
import { formatOffset, parseOffset } from "../../src/wire/offset.ts";

test("offsets sort like their positions, and parse back to them", () => {
  const positions = [0, 1, 9, 10, 12_345, Number.MAX_SAFE_INTEGER];
  const offsets = positions.map(formatOffset);
  expect([...offsets].sort()).toEqual(offsets);
  expect(offsets.map(parseOffset)).toEqual(positions);
});

test.each(["", "1", "now", "-1", "0000000000000001_0000000000000000", "9".repeat(33)])(
  "%j is not parsed as an offset",
  (offset) => {
    expect(parseOffset(offset)).toBeUndefined();
  },
);
