import { expect, test } from "vitest";
import { TokenBatcher } from "../../src/index.ts";

function batcherAt(intervalMs?: number) {
  const clock = { now: 1000 };
  const batcher = new TokenBatcher({ intervalMs, now: () => clock.now });
  return { clock, batcher };
}

test("TokenBatcher gathers for 50 ms from its start, then from each flush", () => {
  const { clock, batcher } = batcherAt();
  expect(batcher.add("a")).toBeUndefined();
  clock.now += 49;
  expect(batcher.add("b")).toBeUndefined();
  expect(batcher.dueInMs).toBe(1);
  clock.now += 1;
  expect(batcher.add("c")).toBe("abc");
  expect(batcher.hasContent).toBe(false);
  clock.now += 49;
  expect(batcher.add("d")).toBeUndefined();
  clock.now += 100;
  expect(batcher.dueInMs).toBe(0);
  expect(batcher.add("e")).toBe("de");
});

test("TokenBatcher returns text after a pause immediately", () => {
  const { clock, batcher } = batcherAt();
  clock.now += 50;
  expect(batcher.add("a")).toBe("a");
});

test("TokenBatcher with an interval of 0 lets every piece through", () => {
  const { batcher } = batcherAt(0);
  expect(batcher.add("a")).toBe("a");
  expect(batcher.add("")).toBe("");
});

test("TokenBatcher.flush returns the text and restarts the clock; an empty flush does neither", () => {
  const { clock, batcher } = batcherAt();
  clock.now += 40;
  expect(batcher.flush()).toBeUndefined();
  clock.now += 10;
  expect(batcher.add("a")).toBe("a");
  batcher.add("b");
  clock.now += 40;
  expect(batcher.flush()).toBe("b");
  clock.now += 40;
  expect(batcher.add("c")).toBeUndefined();
});

test("an empty piece is content of a TokenBatcher", () => {
  const { batcher } = batcherAt();
  expect(batcher.hasContent).toBe(false);
  batcher.add("");
  expect(batcher.hasContent).toBe(true);
  expect(batcher.flush()).toBe("");
});

test("TokenBatcher uses performance.now unless it is given another clock", () => {
  expect(new TokenBatcher({ intervalMs: 0 }).add("a")).toBe("a");
  expect(new TokenBatcher({ intervalMs: 1e9 }).add("a")).toBeUndefined();
});
