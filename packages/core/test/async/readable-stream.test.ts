import { expect, test, vi } from "vitest";
import { toReadableStream } from "../../src/index.ts";

async function* numbers(onEnd: () => void) {
  try {
    for (let n = 1; n <= 3; n++) yield await Promise.resolve(n);
  } finally {
    onEnd();
  }
}

test("it gives what the iterator gives, and ends", async () => {
  const onEnd = vi.fn();
  const reader = toReadableStream(numbers(onEnd)).getReader();
  const all: unknown[] = [];
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    all.push(value);
  }
  expect(all).toEqual([1, 2, 3]);
  expect(onEnd).toHaveBeenCalledOnce();
});

test("nothing is read ahead, and cancelling returns the iterator", async () => {
  const onEnd = vi.fn();
  const next = vi.fn(() => Promise.resolve({ done: false as const, value: 1 }));
  const iterator = {
    next,
    return: () => {
      onEnd();
      return Promise.resolve({ done: true as const, value: undefined });
    },
  };
  const reader = toReadableStream(iterator).getReader();
  expect(next).not.toHaveBeenCalled();
  await reader.read();
  expect(next).toHaveBeenCalledOnce();
  await reader.cancel();
  expect(onEnd).toHaveBeenCalledOnce();
});

test("an error of the iterator is the stream's error", async () => {
  const error = new Error("broken");
  const reader = toReadableStream({ next: () => Promise.reject(error) }).getReader();
  await expect(reader.read()).rejects.toBe(error);
});
