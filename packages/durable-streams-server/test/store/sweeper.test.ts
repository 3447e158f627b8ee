import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Sweeper } from "../../src/store/sweeper.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nothingLeft = () => Promise.resolve(false);

test("a sweeper sweeps when it is started, and at every interval", async () => {
  const expire = vi.fn(nothingLeft);
  const sweeper = new Sweeper({ expire, free: nothingLeft }, 1000);
  expect(vi.getTimerCount()).toBe(0);
  sweeper.start();
  sweeper.start();
  expect(expire).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(expire).toHaveBeenCalledTimes(4);
  await sweeper.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("a sweep repeats a step while more is left, and frees last", async () => {
  const steps: string[] = [];
  const twice = (name: string) => () => {
    steps.push(name);
    return Promise.resolve(steps.filter((step) => step === name).length < 2);
  };
  const sweeper = new Sweeper({ expire: twice("expire"), free: twice("free") }, 1000);
  sweeper.sweep();
  await vi.advanceTimersByTimeAsync(0);
  expect(steps).toEqual(["expire", "expire", "free", "free"]);
});

test("a step that fails is tried again by the next sweep", async () => {
  const expire = vi.fn(nothingLeft).mockRejectedValueOnce(new Error("the disk is full"));
  const sweeper = new Sweeper({ expire, free: nothingLeft }, 1000);
  sweeper.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(expire).toHaveBeenCalledTimes(2);
  await sweeper.stop();
});

test("stop waits for the step that is under way, and no other follows", async () => {
  let finish: (hasMore: boolean) => void = () => undefined;
  const expire = vi.fn(() => new Promise<boolean>((resolve) => (finish = resolve)));
  const free = vi.fn(nothingLeft);
  const sweeper = new Sweeper({ expire, free }, 1000);
  sweeper.start();
  let isStopped = false;
  const stopping = sweeper.stop().then(() => (isStopped = true));
  await vi.advanceTimersByTimeAsync(5000);
  expect(isStopped).toBe(false);
  finish(true);
  await stopping;
  sweeper.start();
  sweeper.sweep();
  expect(expire).toHaveBeenCalledTimes(1);
  expect(free).not.toHaveBeenCalled();
});
