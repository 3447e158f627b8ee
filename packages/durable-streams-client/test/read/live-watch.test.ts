import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveWatch } from "../../src/read/live-watch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a tick that comes far too late means that the machine slept", () => {
  let interrupts = 0;
  const watch = new LiveWatch(false, () => interrupts++);
  watch.start();
  vi.advanceTimersByTime(120_000);
  expect(interrupts).toBe(0);
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(15_000);
  expect(interrupts).toBe(1);
  vi.advanceTimersByTime(120_000);
  expect(interrupts).toBe(1);
  watch.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("what was waited for before is not slept through again", () => {
  let interrupts = 0;
  const watch = new LiveWatch(false, () => interrupts++);
  watch.start();
  watch.stop();
  vi.setSystemTime(Date.now() + 3_600_000);
  watch.start();
  vi.advanceTimersByTime(60_000);
  expect(interrupts).toBe(0);
  watch.stop();
});
