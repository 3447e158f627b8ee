import { describe, expect, test, vi } from "vitest";
import {
  BedrockError,
  decodeConverseStream,
  decodeInvokeModelStream,
  type ConverseStreamEvent,
} from "../../src/index.ts";
import { encodeConverseEvent, encodeEvent, encodeInvokeChunk } from "../../src/testing/index.ts";
import { concat, drain, slicings } from "../support/slicings.ts";

const texts = ["one", " two", " three"];
const frames = [
  encodeConverseEvent({ type: "messageStart", role: "assistant" }),
  ...texts.map((text) =>
    encodeConverseEvent({ type: "contentBlockDelta", contentBlockIndex: 0, delta: { text } }),
  ),
  encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" }),
];
const body = concat(frames);
const chunks = [{ generation: "Hi" }, { generation: "!", stop_reason: "stop" }];
const invokeBody = concat(chunks.map((chunk) => encodeInvokeChunk(chunk)));

/** A source that says when it was cancelled, and hangs when its chunks are used up. */
function hanging(...parts: Uint8Array[]): {
  source: ReadableStream<Uint8Array>;
  cancelled: Promise<unknown>;
} {
  let cancel: (reason: unknown) => void;
  const cancelled = new Promise((resolve) => {
    cancel = resolve;
  });
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
    },
    cancel: (reason) => cancel(reason),
  });
  return { source, cancelled };
}

describe.each(slicings)("cut %s", (_, slice) => {
  test("a Converse body becomes events", async () => {
    const { values, error } = await drain(decodeConverseStream(slice(body)));
    expect(error).toBeUndefined();
    expect(values.map((event) => event.type)).toEqual([
      "messageStart",
      ...texts.map(() => "contentBlockDelta"),
      "messageStop",
    ]);
  });

  test("an Invoke body becomes chunks", async () => {
    expect(await drain(decodeInvokeModelStream(slice(invokeBody)))).toEqual({
      values: chunks,
      error: undefined,
    });
  });
});

test("a body of the other operation is an error that names its function", async () => {
  const converse = await drain(decodeConverseStream([invokeBody]));
  expect(converse.error).toMatchObject({ code: "INVALID_PAYLOAD" });
  expect((converse.error as Error).message).toContain("decodeInvokeModelStream");
  const invoke = await drain(decodeInvokeModelStream([body]));
  expect(invoke.values).toEqual([]);
  expect((invoke.error as Error).message).toContain("decodeConverseStream");
});

test("unknown events are kept for Converse, and left out for Invoke", async () => {
  const unknown = encodeEvent("new", "{}");
  const converse = await drain(decodeConverseStream([unknown, body]));
  expect(converse.values[0]).toMatchObject({ type: "unknown", eventType: "new" });
  expect(await drain(decodeInvokeModelStream([unknown, invokeBody]))).toEqual({
    values: chunks,
    error: undefined,
  });
});

test("an empty body is an error", async () => {
  for (const source of [[], [new Uint8Array(0)]]) {
    const { error } = await drain(decodeConverseStream(source));
    expect(error).toMatchObject({ code: "INCOMPLETE_STREAM", offset: 0 });
  }
});

test("leaving the loop cancels the source", async () => {
  const { source, cancelled } = hanging(body.slice(0, 300));
  for await (const event of decodeConverseStream(source)) {
    expect(event.type).toBe("messageStart");
    break;
  }
  await cancelled;
});

test("return before the first read cancels the source", async () => {
  const { source, cancelled } = hanging();
  const events = decodeConverseStream(source);
  expect(await events.return(undefined)).toEqual({ done: true, value: undefined });
  await cancelled;
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

test("return during a read ends that read", async () => {
  const { source, cancelled } = hanging();
  const events = decodeConverseStream(source);
  const pending = events.next();
  await events.return(undefined);
  expect(await pending).toEqual({ done: true, value: undefined });
  await cancelled;
});

test("`await using` cancels the source", async () => {
  const { source, cancelled } = hanging();
  const events = decodeConverseStream(source) as unknown as Record<symbol, () => Promise<void>>;
  const { asyncDispose } = Symbol as unknown as { asyncDispose: symbol };
  await events[asyncDispose]?.();
  await cancelled;
});

test("throw() cancels the source and rejects with what it was given", async () => {
  const { source, cancelled } = hanging();
  const error = new Error("mine");
  await expect(decodeConverseStream(source).throw(error)).rejects.toBe(error);
  await cancelled;
});

test("calls of next() that do not wait for each other get the events in order", async () => {
  const events = decodeConverseStream(frames);
  const results = await Promise.all(Array.from({ length: 7 }, () => events.next()));
  expect(results.map(({ done, value }) => (done ? "done" : value.type))).toEqual([
    "messageStart",
    "contentBlockDelta",
    "contentBlockDelta",
    "contentBlockDelta",
    "messageStop",
    "done",
    "done",
  ]);
});

test("an abort rejects immediately with the signal's reason and cancels the source", async () => {
  const reason = { my: "reason" };
  const aborter = new AbortController();
  const { source, cancelled } = hanging(body.slice(0, -10));
  const seen: ConverseStreamEvent[] = [];
  const reading = (async () => {
    for await (const event of decodeConverseStream(source, { signal: aborter.signal })) {
      seen.push(event);
      if (seen.length === 4) queueMicrotask(() => aborter.abort(reason));
    }
  })();
  await expect(reading).rejects.toBe(reason);
  expect(seen).toHaveLength(4);
  expect(await cancelled).toBe(reason);
});

test("an abort precedes events that have already arrived", async () => {
  const aborter = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of decodeConverseStream([body], { signal: aborter.signal })) {
      seen.push(event.type);
      aborter.abort();
    }
  })();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  expect(seen).toEqual(["messageStart"]);
});

test("nothing is read with a signal that is already aborted", async () => {
  const { source, cancelled } = hanging(body);
  const signal = AbortSignal.abort("no");
  await expect(decodeConverseStream(source, { signal }).next()).rejects.toBe("no");
  await cancelled;
});

test("silence longer than idleTimeoutMs is IDLE_TIMEOUT, after the events before it", async () => {
  const { source, cancelled } = hanging(body.slice(0, 200));
  const { values, error } = await drain(decodeConverseStream(source, { idleTimeoutMs: 20 }));
  expect(values.length).toBeGreaterThan(0);
  expect(error).toMatchObject({ code: "IDLE_TIMEOUT", retryable: true });
  await cancelled;
});

test("a broken source is NETWORK with its cause, after the events before it", async () => {
  const cause = new TypeError("terminated");
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(body.slice(0, 200));
    throw cause;
  }
  const { values, error } = await drain(decodeConverseStream(breaking()));
  expect(values.length).toBeGreaterThan(0);
  expect(error).toMatchObject({ code: "NETWORK", retryable: true, cause });
});

test("an AbortError of the source is thrown unchanged", async () => {
  const abort = new DOMException("gone", "AbortError");
  // eslint-disable-next-line require-yield -- it only fails
  async function* aborted(): AsyncGenerator<Uint8Array> {
    await Promise.reject(abort);
  }
  expect((await drain(decodeConverseStream(aborted()))).error).toBe(abort);
});

test("a source that fails to close does not replace the error that closed it", async () => {
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(16)),
    cancel: () => Promise.reject(new Error("cannot close")),
  });
  const { error } = await drain(decodeConverseStream(source));
  expect(error).toMatchObject({ code: "INVALID_FRAME" });
});

test("the request id is in the error", async () => {
  const { error } = await drain(decodeConverseStream([], { requestId: "r-1" }));
  expect(error).toBeInstanceOf(BedrockError);
  expect(error).toMatchObject({ code: "INCOMPLETE_STREAM", requestId: "r-1" });
});

test("the iterator is done after its error", async () => {
  const events = decodeConverseStream([]);
  await expect(events.next()).rejects.toBeInstanceOf(BedrockError);
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

test.each([Infinity, 2 ** 31, Number.MAX_VALUE])(
  "an idleTimeoutMs of %d is no limit",
  async (idleTimeoutMs) => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    try {
      const { source } = hanging(body);
      const events = decodeConverseStream(source, { idleTimeoutMs });
      for (const frame of frames)
        expect(await events.next(), String(frame.length)).toMatchObject({ done: false });
      const pending = events.next();
      await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
      await events.return(undefined);
      expect(await pending).toEqual({ done: true, value: undefined });
      expect(timers).not.toHaveBeenCalled();
    } finally {
      timers.mockRestore();
    }
  },
);
