import { expect, test } from "vitest";
import { nextCursor } from "../../../src/protocol/read/cursor.ts";
import { formatOffset, parseOffset } from "../../../src/wire/offset.ts";

const start = Date.UTC(2024, 9, 9);

test("a cursor counts intervals of 20 seconds", () => {
  expect(nextCursor(undefined, start)).toBe("0");
  expect(nextCursor(null, start + 19_999)).toBe("0");
  expect(nextCursor("", start + 20_000)).toBe("1");
  expect(nextCursor("0", start + 40_000)).toBe("2");
});

test("a cursor is always later than the client's", () => {
  for (const random of [0, 0.5, 0.999]) {
    const next = Number(nextCursor("7", start, () => random));
    expect(next).toBeGreaterThan(7);
    expect(next).toBeLessThanOrEqual(7 + 180);
  }
});

test("what is not a cursor is none", () => {
  expect(nextCursor("x", start)).toBe("0");
  expect(nextCursor("-5", start)).toBe("0");
  expect(nextCursor("9".repeat(30), start)).toBe("0");
});

test("offsets sort as their positions do, and come back", () => {
  const positions = [0, 1, 9, 10, 12_345, Number.MAX_SAFE_INTEGER];
  const offsets = positions.map(formatOffset);
  expect([...offsets].sort()).toEqual(offsets);
  expect(offsets.map(parseOffset)).toEqual(positions);
});

test.each(["", "1", "now", "-1", "0000000000000001_0000000000000000", "9".repeat(33)])(
  "%j is not an offset of ours",
  (offset) => {
    expect(parseOffset(offset)).toBeUndefined();
  },
);
