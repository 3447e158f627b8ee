import { expect, test, vi } from "vitest";
import { DeferredGenerator } from "../../src/agent/deferred-generator.ts";
import { drain } from "../support/slicings.ts";

function setUp() {
  const ended = vi.fn();
  async function* numbers(): AsyncGenerator<number> {
    try {
      for (let number = 1; number <= 3; number++) yield await Promise.resolve(number);
    } finally {
      ended();
    }
  }
  const load = vi.fn(() => Promise.resolve(numbers()));
  const cancel = vi.fn(() => Promise.resolve());
  return { load, cancel, ended, deferred: new DeferredGenerator(load, cancel) };
}

test("it is loaded once, by the first read, and then gives what the one inside gives", async () => {
  const { load, deferred } = setUp();
  expect(load).not.toHaveBeenCalled();
  expect(await drain(deferred)).toEqual({ values: [1, 2, 3], error: undefined });
  expect(load).toHaveBeenCalledTimes(1);
});

test("reads that do not wait for each other come in order", async () => {
  const generator = setUp().deferred[Symbol.asyncIterator]();
  const results = await Promise.all([1, 2, 3, 4].map(() => generator.next()));
  expect(results.map(({ value }) => value as unknown)).toEqual([1, 2, 3, undefined]);
});

test("left after a read it ends the one inside; left before, it cancels and loads nothing", async () => {
  const after = setUp();
  for await (const number of after.deferred) {
    expect(number).toBe(1);
    break;
  }
  expect(after.ended).toHaveBeenCalledTimes(1);
  expect(after.cancel).not.toHaveBeenCalled();
  const before = setUp();
  await before.deferred[Symbol.asyncIterator]().return(undefined);
  expect(before.cancel).toHaveBeenCalledTimes(1);
  expect(before.load).not.toHaveBeenCalled();
});

test("throw() ends it with what it was given", async () => {
  const { deferred, cancel } = setUp();
  const error = new Error("mine");
  await expect(deferred[Symbol.asyncIterator]().throw(error)).rejects.toBe(error);
  expect(cancel).toHaveBeenCalledTimes(1);
});
