import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ExpiryGrace } from "../../src/store/expiry-grace.ts";

const HOUR = 3_600_000;
const GRACE = 600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"], now: 0 }));
afterEach(() => void vi.useRealTimers());

test("nothing goes before the grace period is over, and then what had expired at its start", () => {
  const grace = new ExpiryGrace(GRACE);
  expect(grace.cutoff(HOUR)).toBe(-Infinity);
  vi.advanceTimersByTime(GRACE - 1);
  expect(grace.cutoff(HOUR + GRACE - 1)).toBe(-Infinity);
  vi.advanceTimersByTime(1);
  expect(grace.cutoff(HOUR + GRACE)).toBe(HOUR);
});

test("without a grace period everything that has expired goes", () => {
  expect(new ExpiryGrace(0).cutoff(HOUR)).toBe(HOUR);
});

test("a clock that is ahead for less than the grace period removes nothing that has not expired", () => {
  const grace = new ExpiryGrace(GRACE);
  const cutoffs: number[] = [];
  // A sweep every 10 s; the clock is two days ahead in the first nine minutes, and again later.
  for (let ms = 0; ms <= HOUR; ms += 10_000) {
    const isAhead = ms < 9 * 60_000 || (ms > HOUR / 2 && ms < HOUR / 2 + 9 * 60_000);
    const cutoff = grace.cutoff(ms + (isAhead ? 48 * HOUR : 0));
    if (cutoff > -Infinity) cutoffs.push(ms - cutoff);
    vi.advanceTimersByTime(10_000);
  }
  expect(cutoffs.length).toBeGreaterThan(200);
  expect(Math.min(...cutoffs)).toBeGreaterThanOrEqual(0);
});

test("a clock that is ahead for longer than the grace period decides", () => {
  const grace = new ExpiryGrace(GRACE);
  grace.cutoff(48 * HOUR);
  vi.advanceTimersByTime(GRACE);
  expect(grace.cutoff(48 * HOUR + GRACE)).toBe(48 * HOUR);
});

test("frequent sweeps remember no more than a hundred times", () => {
  const grace = new ExpiryGrace(GRACE);
  const min = vi.spyOn(Math, "min");
  for (let ms = 0; ms <= 2 * GRACE; ms += 100) {
    grace.cutoff(ms);
    vi.advanceTimersByTime(100);
  }
  expect(Math.max(...min.mock.calls.map((times) => times.length))).toBeLessThanOrEqual(102);
});
