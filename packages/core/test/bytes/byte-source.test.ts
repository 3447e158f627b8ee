import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { type ByteSource, iterateBytes, openByteSource } from "../../src/index.ts";

const chunks = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];

async function* generate(closed?: () => void) {
  try {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  } finally {
    closed?.();
  }
}

function streamOf(onCancel: (reason: unknown) => void = () => undefined) {
  const queue = [...chunks];
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = queue.shift();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel: (reason) => onCancel(reason),
  });
}

/** A source whose read never settles. */
function silent(cancelled: () => void): Record<string, () => ByteSource> {
  return {
    stream: () => new ReadableStream<Uint8Array>({ cancel: () => cancelled() }),
    "async iterable": () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => {
          cancelled();
          return new Promise<never>(() => undefined);
        },
      }),
    }),
  };
}

async function collect(source: AsyncIterable<Uint8Array>) {
  const all: Uint8Array[] = [];
  for await (const chunk of source) all.push(chunk);
  return all;
}

describe("every kind of source gives its chunks as they are", () => {
  test.each<[string, () => ByteSource]>([
    ["stream", () => streamOf()],
    ["array", () => chunks],
    ["generator", () => generate()],
    ["response body", () => new Response(Uint8Array.of(1, 2, 3)).body ?? []],
  ])("%s", async (kind, open) => {
    const all = await collect(iterateBytes(open()));
    if (kind !== "response body") expect(all).toEqual(chunks);
    expect(all.flatMap((chunk) => [...chunk])).toEqual([1, 2, 3]);
  });

  test("with a signal and an idle limit that do not fire", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5 })), async (parts) => {
        const source = iterateBytes(parts, {
          signal: new AbortController().signal,
          idleTimeoutMs: 60_000,
          idleError: () => new Error("idle"),
        });
        expect(await collect(source)).toEqual(parts);
      }),
    );
  });
});

describe("leaving the loop cancels the source", () => {
  test("a stream", async () => {
    const cancelled = vi.fn();
    for await (const chunk of iterateBytes(streamOf(cancelled))) {
      expect(chunk).toEqual(chunks[0]);
      break;
    }
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("a generator, whose finally has run when the loop is left", async () => {
    const closed = vi.fn();
    for await (const chunk of iterateBytes(generate(closed))) {
      expect(chunk).toEqual(chunks[0]);
      break;
    }
    expect(closed).toHaveBeenCalledOnce();
  });

  test("a stream that is read no more than once after it was left", async () => {
    const bytes = iterateBytes(chunks);
    await bytes.return?.();
    expect(await bytes.next()).toEqual({ done: true, value: undefined });
  });
});

test("a source that fails throws its own error", async () => {
  const failure = new Error("the cable");
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(failure),
  });
  await expect(collect(iterateBytes(source))).rejects.toBe(failure);
  const iterable = {
    [Symbol.iterator](): Iterator<Uint8Array> {
      return {
        next() {
          throw failure;
        },
      };
    },
  };
  await expect(collect(iterateBytes(iterable))).rejects.toBe(failure);
});

describe("an abort", () => {
  test.each(Object.keys(silent(() => undefined)))(
    "during a read that never settles rejects with its reason and cancels the %s",
    async (kind) => {
      const cancelled = vi.fn();
      const open = silent(cancelled)[kind];
      if (!open) throw new Error(kind);
      const controller = new AbortController();
      const reading = collect(iterateBytes(open(), { signal: controller.signal }));
      const reason = new Error("enough");
      controller.abort(reason);
      await expect(reading).rejects.toBe(reason);
      expect(cancelled).toHaveBeenCalledOnce();
    },
  );

  test("between two reads cancels the source at once and ends the loop with its reason", async () => {
    const cancelled = vi.fn();
    const controller = new AbortController();
    const reason = new Error("enough");
    const bytes = iterateBytes(streamOf(cancelled), { signal: controller.signal });
    await bytes.next();
    controller.abort(reason);
    expect(cancelled).toHaveBeenCalledWith(reason);
    await expect(bytes.next()).rejects.toBe(reason);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("between two reads of an iterator closes it once", async () => {
    const returned = vi.fn(() => ({ done: true as const, value: undefined }));
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: Uint8Array.of(1) }),
        return: returned,
      }),
    };
    const controller = new AbortController();
    const bytes = iterateBytes(source, { signal: controller.signal });
    await bytes.next();
    controller.abort();
    await expect(bytes.next()).rejects.toThrow();
    expect(returned).toHaveBeenCalledOnce();
  });

  test("before the first read", async () => {
    const reason = new Error("enough");
    const cancelled = vi.fn();
    const bytes = iterateBytes(streamOf(cancelled), { signal: AbortSignal.abort(reason) });
    await expect(bytes.next()).rejects.toBe(reason);
    expect(cancelled).toHaveBeenCalledExactlyOnceWith(reason);
  });

  test("leaves no listener on the signal once the loop has ended", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await collect(iterateBytes(chunks, { signal }));
    expect(added).toHaveBeenCalledOnce();
    expect(removed).toHaveBeenCalledOnce();
    expect(removed.mock.calls[0]?.[1]).toBe(added.mock.calls[0]?.[1]);
  });
});

describe("silence", () => {
  test("longer than the limit throws the caller's error and cancels the source", async () => {
    const cancelled = vi.fn();
    const idle = new Error("nothing for 5 ms");
    const source = new ReadableStream<Uint8Array>({ cancel: (reason) => void cancelled(reason) });
    const reading = collect(iterateBytes(source, { idleTimeoutMs: 5, idleError: () => idle }));
    await expect(reading).rejects.toBe(idle);
    expect(cancelled).toHaveBeenCalledWith(idle);
  });

  test("a slow consumer does not make its source late", async () => {
    vi.useFakeTimers();
    try {
      const bytes = iterateBytes(streamOf(), {
        idleTimeoutMs: 10,
        idleError: () => new Error("idle"),
      });
      await bytes.next();
      await vi.advanceTimersByTimeAsync(1000);
      expect((await bytes.next()).done).toBe(false);
      await bytes.return?.();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a limit beyond what a timer can wait is none", async () => {
    vi.useFakeTimers();
    try {
      const silent = new ReadableStream<Uint8Array>();
      const options = { idleTimeoutMs: Infinity, idleError: () => new Error("idle") };
      const bytes = iterateBytes(silent, options);
      const next = bytes.next();
      expect(vi.getTimerCount()).toBe(0);
      await bytes.return?.();
      expect((await next).done).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("each chunk starts the wait anew", async () => {
    vi.useFakeTimers();
    try {
      let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
      const source = new ReadableStream<Uint8Array>({
        start(c) {
          controller = c;
        },
      });
      const idle = new Error("idle");
      const bytes = iterateBytes(source, { idleTimeoutMs: 10, idleError: () => idle });
      for (let n = 0; n < 3; n++) {
        const next = bytes.next();
        await vi.advanceTimersByTimeAsync(8);
        controller?.enqueue(Uint8Array.of(n));
        expect((await next).value).toEqual(Uint8Array.of(n));
      }
      const next = bytes.next();
      const failed = expect(next).rejects.toBe(idle);
      await vi.advanceTimersByTimeAsync(12);
      await failed;
    } finally {
      vi.useRealTimers();
    }
  });
});

test("a source that is open is read on from where it is, and cancelled with the reason", async () => {
  const reason = new Error("enough");
  const cancelled = vi.fn();
  const open = openByteSource(
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of [1, 2, 3]) controller.enqueue(Uint8Array.of(byte));
      },
      cancel: (cause) => void cancelled(cause),
    }),
  );
  expect(openByteSource(open)).toBe(open);
  expect((await open.read()).value).toEqual(Uint8Array.of(1));
  const aborter = new AbortController();
  const rest = iterateBytes(open, { signal: aborter.signal });
  expect((await rest.next()).value).toEqual(Uint8Array.of(2));
  aborter.abort(reason);
  await expect(rest.next()).rejects.toBe(reason);
  expect(cancelled).toHaveBeenCalledExactlyOnceWith(reason);
});
