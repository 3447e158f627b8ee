import { describe, expect, test } from "vitest";
import { abortable, stoppableGenerator } from "../../src/index.ts";

const forever = new Promise<never>(() => undefined);
const done = { done: true, value: undefined };

/** Yields 1 and then waits; records what happens to it. */
function counting() {
  const events: string[] = [];
  async function* generate(stop: AbortSignal): AsyncGenerator<number, undefined, undefined> {
    events.push("started");
    try {
      yield 1;
      yield await abortable(forever, stop);
      return undefined;
    } finally {
      events.push("released");
    }
  }
  return { events, generate };
}

describe("a stoppable generator", () => {
  test("starts with its first read and ends with its generator", async () => {
    async function* generate(): AsyncGenerator<number, undefined, undefined> {
      yield* await Promise.resolve([1, 2]);
      return undefined;
    }
    const values: number[] = [];
    for await (const value of stoppableGenerator(generate)) values.push(value);
    expect(values).toEqual([1, 2]);
  });

  test("hears return while a read waits, and ends that read too", async () => {
    const { events, generate } = counting();
    const generator = stoppableGenerator(generate);
    await generator.next();
    const waiting = generator.next();
    expect(await generator.return(undefined)).toEqual(done);
    expect(await waiting).toEqual(done);
    expect(events).toEqual(["started", "released"]);
  });

  test("creates its generator for a return before the first read, so that it can release its source", async () => {
    const created: AbortSignal[] = [];
    const generator = stoppableGenerator((stop) => {
      created.push(stop);
      return counting().generate(stop);
    });
    expect(await generator.return(undefined)).toEqual(done);
    expect(created.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await generator.next()).toEqual(done);
  });

  test("rejects with the reason of its signal, and has then ended", async () => {
    const controller = new AbortController();
    const { events, generate } = counting();
    const generator = stoppableGenerator(generate, controller.signal);
    await generator.next();
    const waiting = generator.next();
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(await generator.next()).toEqual(done);
    expect(events).toEqual(["started", "released"]);
  });

  test("passes a signal that has already fired on to its generator", async () => {
    async function* generate(stop: AbortSignal): AsyncGenerator<number, undefined, undefined> {
      yield await abortable(forever, stop);
      return undefined;
    }
    const generator = stoppableGenerator(generate, AbortSignal.abort("never"));
    await expect(generator.next()).rejects.toBe("never");
  });

  test("throws what its generator throws, also while it is released", async () => {
    async function* generate(): AsyncGenerator<number, undefined, undefined> {
      try {
        yield await Promise.resolve(1);
        return undefined;
      } finally {
        // eslint-disable-next-line no-unsafe-finally -- the release itself fails
        throw new Error("stuck");
      }
    }
    const generator = stoppableGenerator(generate);
    await generator.next();
    await expect(generator.return(undefined)).rejects.toThrow("stuck");
    await expect(stoppableGenerator(counting().generate).throw(new Error("mine"))).rejects.toThrow(
      "mine",
    );
  });

  test("leaves no listener on its signal, whatever ends it", async () => {
    const listeners = new Set<unknown>();
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (type: string, listener: unknown, options: unknown) => {
      listeners.add(listener);
      (options as { signal: AbortSignal }).signal.addEventListener("abort", () =>
        listeners.delete(listener),
      );
      add(type, listener as EventListener, options as AddEventListenerOptions);
    };
    const unread = stoppableGenerator(counting().generate, signal);
    expect(listeners.size).toBe(0);
    await unread.return(undefined);
    const read = stoppableGenerator(counting().generate, signal);
    await read.next();
    expect(listeners.size).toBe(1);
    await read.return(undefined);
    expect(listeners.size).toBe(0);
  });

  test.runIf("asyncDispose" in Symbol)("is released by its disposal", async () => {
    const { events, generate } = counting();
    const generator = stoppableGenerator(generate);
    await generator.next();
    await (generator as unknown as Record<symbol, () => Promise<void>>)[Symbol.asyncDispose]?.();
    expect(events).toEqual(["started", "released"]);
  });
});
