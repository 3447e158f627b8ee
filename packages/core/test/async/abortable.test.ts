import { expect, test, vi } from "vitest";
import { abortable, type AbortSignalLike } from "../../src/index.ts";

const forever = () => new Promise<never>(() => undefined);

/** A signal, and how many listeners it has. */
function counted(signal: AbortSignal) {
  let listeners = 0;
  const counting: AbortSignalLike = {
    get aborted() {
      return signal.aborted;
    },
    get reason() {
      return signal.reason as unknown;
    },
    addEventListener(type, listener) {
      listeners++;
      signal.addEventListener(type, listener);
    },
    removeEventListener(type, listener) {
      listeners--;
      signal.removeEventListener(type, listener);
    },
  };
  return { counting, listeners: () => listeners };
}

test("an abort ends the wait with the signal's own reason and leaves no listener", async () => {
  const controller = new AbortController();
  const { counting, listeners } = counted(controller.signal);
  const waiting = abortable(forever(), counting);
  expect(listeners()).toBe(1);
  controller.abort("enough");
  await expect(waiting).rejects.toBe("enough");
  expect(listeners()).toBe(0);
});

test("a signal that has aborted before ends the wait", async () => {
  await expect(abortable(forever(), AbortSignal.abort("before"))).rejects.toBe("before");
});

test("a result and an error pass as they are and leave no listener", async () => {
  const { counting, listeners } = counted(new AbortController().signal);
  await expect(abortable(Promise.resolve(7), counting)).resolves.toBe(7);
  const error = new Error("broken");
  await expect(abortable(Promise.reject(error), counting)).rejects.toBe(error);
  expect(listeners()).toBe(0);
});

test("without a signal it is the promise itself", () => {
  const promise = Promise.resolve(7);
  expect(abortable(promise, undefined)).toBe(promise);
});

test("a late result is disposed of, a late error is nobody's", async () => {
  const onLate = vi.fn();
  let resolve!: (value: string) => void;
  const late = new Promise<string>((settle) => (resolve = settle));
  await expect(abortable(late, AbortSignal.abort("before"), onLate)).rejects.toBe("before");
  resolve("late");
  await late;
  await Promise.resolve();
  expect(onLate).toHaveBeenCalledExactlyOnceWith("late");
  await expect(
    abortable(Promise.reject(new Error("late")), AbortSignal.abort("before")),
  ).rejects.toBe("before");
});
