import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffDelayMs, delay, parseRetryAfterMs } from "../src/index.ts";

describe("backoffDelayMs", () => {
  test("doubles up to the cap when nothing is random", () => {
    const options = { initialDelayMs: 100, maxDelayMs: 1000, multiplier: 2, jitter: 0 };
    const waits = [0, 1, 2, 3, 4, 5].map((retry) => backoffDelayMs(retry, options));
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test("full jitter draws between nothing and the bound, part jitter keeps the rest fixed", () => {
    const bound = { initialDelayMs: 100, maxDelayMs: 1000 };
    expect(backoffDelayMs(1, { ...bound, jitter: 1 }, () => 0.75)).toBe(50);
    expect(backoffDelayMs(1, { ...bound, jitter: 0.5 }, () => 0.5)).toBe(150);
  });

  test("is never negative, never above the cap and always a number", () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.nat(100_000),
        fc.nat(100_000),
        fc.double({ min: 1, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (retry, initialDelayMs, maxDelayMs, multiplier, jitter) => {
          const wait = backoffDelayMs(retry, { initialDelayMs, maxDelayMs, multiplier, jitter });
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(maxDelayMs);
        },
      ),
    );
  });
});

describe("delay", () => {
  test("resolves", async () => {
    await expect(delay(0)).resolves.toBeUndefined();
  });

  test("an abort rejects at once with the signal's own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = delay(3_600_000, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(delay(3_600_000, controller.signal)).rejects.toBe(reason);
  });
});

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
