import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { delay, maxTimerMs, SilenceTimer } from "../../src/index.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("delay", () => {
  test.each([1, 1000, maxTimerMs + 1000, 5 * maxTimerMs])("waits %d ms, not less", async (ms) => {
    const done = vi.fn();
    void delay(ms).then(done);
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledOnce();
  });

  test("Infinity never ends by itself", async () => {
    const controller = new AbortController();
    const waiting = expect(delay(Infinity, controller.signal)).rejects.toBe("enough");
    await vi.advanceTimersByTimeAsync(3 * maxTimerMs);
    controller.abort("enough");
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an abort rejects immediately with the signal's own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = delay(3_600_000, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(delay(3_600_000, controller.signal)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("SilenceTimer", () => {
  test("counts from the last start", () => {
    const onSilence = vi.fn();
    const timer = new SilenceTimer(1000, onSilence);
    timer.start();
    vi.advanceTimersByTime(900);
    timer.start();
    vi.advanceTimersByTime(900);
    expect(onSilence).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(onSilence).toHaveBeenCalledOnce();
  });

  test("a wait that ended is not counted, and the next one is counted whole", () => {
    const onSilence = vi.fn();
    const timer = new SilenceTimer(1000, onSilence);
    timer.start();
    timer.stop();
    vi.advanceTimersByTime(5000);
    expect(onSilence).not.toHaveBeenCalled();
    timer.start();
    vi.advanceTimersByTime(999);
    expect(onSilence).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onSilence).toHaveBeenCalledOnce();
  });

  test("close leaves no timer, and many starts have one", () => {
    const timer = new SilenceTimer(1000, () => undefined);
    for (let wait = 0; wait < 100; wait++) timer.start();
    expect(vi.getTimerCount()).toBe(1);
    timer.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([undefined, Infinity, maxTimerMs + 1, 1e300])("%d is no limit", (limit) => {
    const timer = new SilenceTimer(limit, () => undefined);
    timer.start();
    expect(vi.getTimerCount()).toBe(0);
  });
});
