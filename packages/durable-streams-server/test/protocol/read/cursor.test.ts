import { expect, test } from "vitest";
import { nextCursor } from "../../../src/protocol/read/cursor.ts";

const start = Date.UTC(2024, 9, 9);

test("a cursor counts intervals of 20 seconds", () => {
  expect(nextCursor(undefined, start)).toBe("0");
  expect(nextCursor(null, start + 19_999)).toBe("0");
  expect(nextCursor("", start + 20_000)).toBe("1");
  expect(nextCursor("0", start + 40_000)).toBe("2");
});

test("the next cursor is always later than the client's", () => {
  for (const random of [0, 0.5, 0.999]) {
    const next = Number(nextCursor("7", start, () => random));
    expect(next).toBeGreaterThan(7);
    expect(next).toBeLessThanOrEqual(7 + 180);
  }
});

test("an invalid cursor of the client is ignored", () => {
  expect(nextCursor("x", start)).toBe("0");
  expect(nextCursor("-5", start)).toBe("0");
  expect(nextCursor("9".repeat(30), start)).toBe("0");
});
