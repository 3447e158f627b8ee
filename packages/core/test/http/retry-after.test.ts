import { describe, expect, test } from "vitest";
import { isRetryableStatus, parseRetryAfterMs } from "../../src/index.ts";

describe("parseRetryAfterMs", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");

  test.each([
    ["7", 7000],
    [" 0 ", 0],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    [null, undefined],
    [undefined, undefined],
  ])("%j", (value, expected) => {
    expect(parseRetryAfterMs(value, now)).toBe(expected);
  });
});

test("isRetryableStatus", () => {
  const retryable = Array.from({ length: 900 }, (_, status) => status).filter(isRetryableStatus);
  const server = Array.from({ length: 100 }, (_, index) => 500 + index);
  expect(retryable).toEqual([408, 425, 429, ...server.filter((s) => s !== 501 && s !== 505)]);
});
