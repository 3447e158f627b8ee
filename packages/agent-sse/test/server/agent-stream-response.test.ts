import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  agentEvent,
  agentStreamResponse,
  formatAgentEvent,
  readAgentEvents,
  type AgentStreamItem,
  type AgentStreamResponseOptions,
  type AgentStreamWriter,
} from "../../src/index.ts";
import { anyEvent, throughJson } from "../support/arbitrary-events.ts";
import { Feed } from "../support/feed.ts";

const token = (text: string) => agentEvent.token(text);
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function open(
  source: AsyncIterable<AgentStreamItem> | Iterable<AgentStreamItem>,
  options: AgentStreamResponseOptions = {},
) {
  const response = agentStreamResponse(source, { onError: () => undefined, ...options });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const read = async () => {
    const { done, value } = await reader.read();
    return done ? undefined : decoder.decode(value);
  };
  const readAll = async () => {
    let all = "";
    for (let text = await read(); text !== undefined; text = await read()) all += text;
    return all;
  };
  return { response, reader, read, readAll };
}

/** Long enough for everything that is ready to move; nothing here waits for a timer or for I/O. */
async function settle() {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

test("agentStreamResponse has the headers of an event stream", () => {
  const { response } = open([]);
  expect(Object.fromEntries(response.headers)).toEqual({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    vary: "Last-Event-ID",
    "x-accel-buffering": "no",
  });
});

test("agentStreamResponse accepts more headers but stays an event stream", () => {
  const headers = { "content-type": "text/html", "cache-control": "no-store", "x-mine": "1" };
  const { response } = open([], { headers });
  expect(Object.fromEntries(response.headers)).toEqual({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    vary: "Last-Event-ID",
    "x-mine": "1",
    "x-accel-buffering": "no",
  });
});

test("agentStreamResponse begins immediately with a comment and the retry", async () => {
  expect(await open(new Feed<AgentStreamItem>()).read()).toBe(":\n\n");
  expect(await open([], { retryMs: 250 }).read()).toBe(":\nretry: 250\n\n");
});

test("any events with any ids survive a response and a reader, in both formats", async () => {
  const ids = fc.option(fc.stringMatching(/^[0-9a-z_,-]*$/), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyEvent, ids)),
      fc.constantFrom("json" as const, "python" as const),
      fc.boolean(),
      async (items, format, isAsync) => {
        const source = items.map(([event, id]) => (id === undefined ? event : { event, id }));
        const end = agentEvent.done();
        async function* asynchronous() {
          yield* source;
          yield await Promise.resolve(end);
        }
        const response = agentStreamResponse(isAsync ? asynchronous() : [...source, end], {
          format,
        });
        let last: string | undefined;
        const expected = items.map(([event, id]) => {
          last = id ?? last;
          return { event: throughJson(event), id: last };
        });
        const received = [];
        for await (const each of readAgentEvents(response)) received.push(each);
        expect(received).toEqual([...expected, { event: end, id: last }]);
      },
    ),
  );
});

describe("a response sends events in one chunk that are ready together", () => {
  test("from an asynchronous source, also through a chain of generators", async () => {
    async function* relay(events: AsyncIterable<AgentStreamItem>) {
      yield* events;
    }
    const feed = new Feed<AgentStreamItem>();
    const { read } = open(relay(relay(relay(relay(feed)))));
    await read();
    const texts = Array.from({ length: 100 }, (_, index) => String(index));
    for (const text of texts) feed.push(token(text));
    expect(await read()).toBe(texts.map((text) => formatAgentEvent(token(text))).join(""));
  });

  test("from a plain iterable", async () => {
    const { read } = open([token("a"), token("b"), agentEvent.done()]);
    await read();
    expect(await read()).toBe(
      [token("a"), token("b"), agentEvent.done()].map((event) => formatAgentEvent(event)).join(""),
    );
    expect(await read()).toBeUndefined();
  });

  test("and sends a single event without waiting for another or a timer", async () => {
    vi.useFakeTimers();
    try {
      const feed = new Feed<AgentStreamItem>();
      const { read } = open(feed);
      await read();
      for (const text of ["a", "b", "c"]) {
        const next = read();
        await settle();
        feed.push(token(text));
        expect(await next).toBe(formatAgentEvent(token(text)));
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test("up to 16 KiB plus the event that exceeds it", async () => {
    const text = "x".repeat(1000);
    const { read } = open(Array.from({ length: 100 }, () => token(text)));
    await read();
    for (let chunk = await read(); chunk !== undefined; chunk = await read()) {
      expect(chunk.length).toBeLessThan(16 * 1024 + 1100);
    }
  });
});

describe("a response pulls its source only as far as the client reads", () => {
  test("not at all before the client reads", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { read } = open(feed);
    await settle();
    expect(feed.pulled).toBe(0);
    await read();
    await settle();
    expect(feed.pulled).toBe(0);
  });

  test("one event ahead of a client that has stopped", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { read } = open(feed);
    await read();
    const next = read();
    feed.push(token("a"));
    await next;
    for (let index = 0; index < 50; index++) feed.push(token(String(index)));
    await settle();
    expect(feed.pulled).toBe(2);
    expect(await read()).toContain('"49"');
  });
});

describe("a client that leaves a response", () => {
  test("stops the source while it waits", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { read, reader } = open(feed);
    await read();
    void read();
    await settle();
    await reader.cancel("gone");
    expect(feed.returned).toBe(1);
  });

  test("stops a generator within one event", async () => {
    let cleanedUp = false;
    let made = 0;
    async function* endless() {
      try {
        for (;;) {
          yield await Promise.resolve(token(String(made++)));
        }
      } finally {
        cleanedUp = true;
      }
    }
    const { read, reader } = open(endless());
    await read();
    await read();
    const before = made;
    await reader.cancel();
    await settle();
    expect(cleanedUp).toBe(true);
    expect(made - before).toBeLessThanOrEqual(1);
  });

  test("also stops a source that was never read", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { response } = open(feed);
    const body = agentStreamResponse(feed).body;
    await body?.cancel();
    expect(feed.returned).toBe(1);
    expect(response.bodyUsed).toBe(false);
  });

  test("does not get the source's later exception; onError does", async () => {
    const errors: unknown[] = [];
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => Promise.reject(new Error("cannot stop")),
      }),
    };
    const { read, reader } = open(source, { onError: (error) => void errors.push(error) });
    await read();
    await reader.cancel();
    await settle();
    expect(errors).toEqual([new Error("cannot stop")]);
  });
});

describe("the signal of a response", () => {
  test("ends the response without done, and stops the source", async () => {
    const feed = new Feed<AgentStreamItem>();
    const controller = new AbortController();
    const { read } = open(feed, { signal: controller.signal });
    await read();
    const next = read();
    await settle();
    controller.abort();
    expect(await next).toBeUndefined();
    expect(feed.returned).toBe(1);
    feed.push(token("late"));
    await settle();
  });

  test("stops everything before it begins if it has already fired", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { readAll } = open(feed, { signal: AbortSignal.abort() });
    expect(await readAll()).toBe(":\n\n");
    expect(feed).toMatchObject({ pulled: 0, returned: 1 });
  });

  test("has no listener left when the response has ended", async () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    await open([agentEvent.done()], { signal: controller.signal }).readAll();
    expect(removed).toHaveBeenCalledOnce();
    controller.abort();
  });
});

describe("an exception in the source of a response", () => {
  async function* failing(error: unknown) {
    yield await Promise.resolve(token("a"));
    throw error;
  }
  const after = (error: unknown, options?: AgentStreamResponseOptions) =>
    open(failing(error), options).readAll();
  const errorThenDone = (type: string, message: string, details = {}) =>
    `:\n\n${formatAgentEvent(token("a"))}` +
    formatAgentEvent(agentEvent.error(type, message, details)) +
    formatAgentEvent(agentEvent.done());

  const masked = errorThenDone(
    "internal_error",
    "The agent failed. The server's log has the reason.",
  );

  test("is sent without its message, and logged", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    try {
      const error = new Error("password is hunter2");
      expect(await after(error, { onError: undefined })).toBe(masked);
      expect(log).toHaveBeenCalledWith(error);
    } finally {
      log.mockRestore();
    }
  });

  test.each(["cancels", "aborts"])("goes to onError once, even if its reader %s", async (how) => {
    const errors: unknown[] = [];
    const controller = new AbortController();
    let fail: (error: unknown) => void = () => undefined;
    async function write(writer: AgentStreamWriter) {
      await writer.token("a");
      await new Promise((_, reject) => (fail = reject));
    }
    const onError = (error: unknown) => void errors.push(error);
    const response = agentStreamResponse(write, { onError, signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    fail("boom");
    await settle();
    expect(errors).toEqual(["boom"]);
    if (how === "aborts") controller.abort();
    else await reader.cancel();
    await settle();
    expect(errors).toEqual(["boom"]);
  });

  test("goes to onError, whose result is sent", async () => {
    const errors: unknown[] = [];
    expect(await after("boom", { onError: (error) => void errors.push(error) })).toBe(masked);
    expect(errors).toEqual(["boom"]);
    const onError = () => ({ errorType: "quota", message: "Come back later.", details: { s: 3 } });
    expect(await after("boom", { onError })).toBe(
      errorThenDone("quota", "Come back later.", { s: 3 }),
    );
  });

  test("is sent with its message if it has expose: true", async () => {
    const exposed = Object.assign(new Error("Too long."), { expose: true, code: "TOO_LONG" });
    expect(await after(exposed)).toBe(errorThenDone("TOO_LONG", "Too long."));
    const unnamed = Object.assign(new RangeError("Too long."), { expose: true });
    expect(await after(unnamed)).toBe(errorThenDone("RangeError", "Too long."));
    expect(await after(Object.assign(new Error("x"), { expose: "true" }))).toBe(masked);
  });

  test("is sent masked if onError throws or returns what cannot be written", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const onError = () => {
      throw new Error("in the handler");
    };
    expect(await after("boom", { onError })).toBe(masked);
    const details = { n: Number.NaN };
    const unwritable = () => ({ errorType: "a", message: "b", details });
    expect(await after("boom", { onError: unwritable })).toBe(masked);
    expect(log).toHaveBeenCalledTimes(2);
    log.mockRestore();
  });

  test("after done adds nothing", async () => {
    async function* late() {
      yield await Promise.resolve(agentEvent.done());
      throw new Error("late");
    }
    expect(await open(late()).readAll()).toBe(`:\n\n${formatAgentEvent(agentEvent.done())}`);
  });

  test.each(["asynchronous", "plain"])(
    "so is an event that cannot be written: %s",
    async (kind) => {
      let stopped = false;
      function* plain() {
        try {
          yield token("a");
          yield { type: "broken\nname" };
          yield token("never");
        } finally {
          stopped = true;
        }
      }
      async function* asynchronous() {
        yield* plain();
        await Promise.resolve();
      }
      expect(await open(kind === "plain" ? plain() : asynchronous()).readAll()).toBe(masked);
      expect(stopped).toBe(true);
    },
  );

  test("is sent if the source fails before its first event", async () => {
    const source = {
      [Symbol.asyncIterator]: () => {
        throw new Error("no iterator");
      },
    };
    expect(await open(source).readAll()).toContain("internal_error");
  });
});

describe("the keep-alive of a response", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is a comment after 15 s of silence, counted from the last event", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { read, reader } = open(feed);
    await read();
    const event = read();
    await vi.advanceTimersByTimeAsync(10_000);
    feed.push(token("a"));
    expect(await event).toContain("token");
    const quiet = read();
    let text: string | undefined;
    void quiet.then((value) => (text = value));
    await vi.advanceTimersByTimeAsync(14_999);
    expect(text).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(text).toBe(":\n\n");
    const again = read();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await again).toBe(":\n\n");
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not sent to a client that does not read", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { read, reader } = open(feed, { keepAliveMs: 1000 });
    await read();
    const next = read();
    await vi.advanceTimersByTimeAsync(500);
    feed.push(token("a"));
    await next;
    await vi.advanceTimersByTimeAsync(60_000);
    feed.push(token("b"));
    expect(await read()).toBe(formatAgentEvent(token("b")));
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is never sent with Infinity", async () => {
    const { read, reader } = open(new Feed<AgentStreamItem>(), { keepAliveMs: Infinity });
    await read();
    void read();
    await vi.advanceTimersByTimeAsync(1e9);
    expect(vi.getTimerCount()).toBe(0);
    await reader.cancel();
  });

  test("leaves no timer when the source ends", async () => {
    const feed = new Feed<AgentStreamItem>();
    const { readAll } = open(feed);
    const all = readAll();
    await vi.advanceTimersByTimeAsync(1000);
    feed.end();
    await all;
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a function that writes 400,000 events without awaiting any takes linear time", async () => {
  const count = 400_000;
  const response = agentStreamResponse(async (writer) => {
    for (let written = 0; written < count; written++) void writer.token("x");
    await writer.done();
  });
  // In quadratic time this takes minutes, and so longer than a test may; linear, about a second.
  const body = await response.text();
  expect(body.split("event: token").length - 1).toBe(count);
});

describe("a client that reads nothing", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  async function* endless() {
    for (;;) yield await Promise.resolve(token("x"));
  }

  test.each([
    [undefined, 300_000],
    [1000, 1000],
  ])("is left after writeTimeoutMs (%s), and its source is stopped", async (writeTimeoutMs, ms) => {
    let stopped = false;
    async function* source() {
      try {
        yield* endless();
      } finally {
        stopped = true;
      }
    }
    const response = agentStreamResponse(source(), { writeTimeoutMs });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(stopped).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(stopped).toBe(true);
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  test("is waited for if it reads from time to time, or has not begun", async () => {
    const response = agentStreamResponse(endless(), { writeTimeoutMs: 1000 });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await vi.advanceTimersByTimeAsync(5000);
    for (let count = 0; count < 5; count++) {
      expect((await reader.read()).done).toBe(false);
      await vi.advanceTimersByTimeAsync(900);
    }
    await reader.cancel();
  });

  test("because there is nothing to read is waited for", async () => {
    const feed = new Feed<AgentStreamItem>();
    const options = { writeTimeoutMs: 1000, keepAliveMs: Infinity };
    const response = agentStreamResponse(feed, options);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const next = reader.read();
    await vi.advanceTimersByTimeAsync(5000);
    feed.push(token("late"));
    expect((await next).done).toBe(false);
    await reader.cancel();
  });
});
