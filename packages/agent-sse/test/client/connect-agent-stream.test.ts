import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  agentEvent,
  agentStreamResponse,
  connectAgentStream,
  formatAgentEvent,
  type ConnectAgentStreamOptions,
  type ConnectionState,
} from "../../src/index.ts";
import { Feed } from "../support/feed.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface SentRequest {
  url: string;
  headers: Record<string, string>;
  init: RequestInit;
}

/** A server whose responses are scripted; it repeats the last one. */
function scripted(...responses: (() => Response | Promise<Response>)[]) {
  const requests: SentRequest[] = [];
  const fetch = async (input: string | URL, init: RequestInit = {}) => {
    requests.push({
      url: String(input),
      init,
      headers: Object.fromEntries(new Headers(init.headers)),
    });
    const respond = responses[Math.min(requests.length, responses.length) - 1];
    await Promise.resolve();
    return (respond as () => Response)();
  };
  return { requests, fetch };
}

/** A body that ends, or breaks, after the frames. */
function body(frames: string, end: "close" | "break" | "stay" = "close") {
  return () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(frames));
        if (end === "close") controller.close();
      },
      pull(controller) {
        if (end === "break") controller.error(new TypeError("terminated"));
      },
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  };
}

const token = (text: string, id?: string) => formatAgentEvent(agentEvent.token(text), { id });
const done = (id?: string) => formatAgentEvent(agentEvent.done(), { id });
const empty = (status: number, headers?: HeadersInit) => () =>
  new Response(status === 204 ? null : "why not", headers ? { status, headers } : { status });

async function run(
  fetch: ConnectAgentStreamOptions["fetch"],
  options: ConnectAgentStreamOptions = {},
  runTimers: () => Promise<unknown> = () => vi.runAllTimersAsync(),
) {
  const states: ConnectionState[] = [];
  const texts: string[] = [];
  const events = connectAgentStream("https://example.com/events", {
    ...options,
    fetch,
    onStateChange: (state) => states.push(state),
  });
  const reading = (async () => {
    for await (const { event } of events)
      texts.push(event.type === "token" ? event.text : event.type);
  })();
  const outcome = reading.then(
    () => "ended",
    (error: unknown) => error,
  );
  await runTimers();
  return { texts, states, outcome: await outcome, lastEventId: events.lastEventId };
}

const waits = (states: ConnectionState[]) =>
  states.flatMap((state) => (state.status === "waiting" ? [state.delayMs] : []));

test("connectAgentStream sends GET with the headers of an event stream and ends after done", async () => {
  const { fetch, requests } = scripted(body(token("a", "1") + done("2") + token("never", "3")));
  const result = await run(fetch, { headers: { authorization: "Bearer x" } });
  expect(result).toMatchObject({ texts: ["a", "done"], outcome: "ended", lastEventId: "2" });
  expect(requests).toHaveLength(1);
  expect(requests[0]?.init.method ?? "GET").toBe("GET");
  expect(requests[0]?.headers).toEqual({ accept: "text/event-stream", authorization: "Bearer x" });
  expect(result.states.map(({ status }) => status)).toEqual(["connecting", "open", "closed"]);
});

test("connectAgentStream resumes after the last id, even if a connection dies before its first event", async () => {
  const { fetch, requests } = scripted(
    ...[body(token("a", "1") + token("b", "2") + "data: {", "break"), body("", "break")],
    ...[
      body(":\n\n"),
      body('event: token\ndata: {"tex', "break"),
      body(token("c", "3") + done("4")),
    ],
  );
  const { texts, states } = await run(fetch);
  expect(texts).toEqual(["a", "b", "c", "done"]);
  expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([
    ...[undefined, "2", "2", "2", "2"],
  ]);
  const reconnects = states.filter((state) => state.status === "open");
  expect(reconnects.map(({ reconnects: n }) => n)).toEqual([0, 1, 2, 3, 4]);
  const causes = states.filter((state) => state.status === "waiting").map(({ cause }) => cause);
  expect(causes[0]).toEqual(new TypeError("terminated"));
  expect(causes[2]).toMatchObject({ code: "INCOMPLETE_STREAM", lastEventId: "2" });
});

test("connectAgentStream starts after the lastEventId option and sends ids as UTF-8", async () => {
  const { fetch, requests } = scripted(body(done()));
  const { lastEventId } = await run(fetch, { lastEventId: "pos-é" });
  expect(requests[0]?.headers["last-event-id"]).toBe("pos-Ã©");
  expect(lastEventId).toBe("pos-é");
});

test("events that a server replays from anywhere are not repeated", async () => {
  const all = Array.from({ length: 9 }, (_, index) => token(String(index), `p${index}`));
  const from = (start: number, end: number) => body(all.slice(start, end).join(""), "break");
  const { fetch } = scripted(
    ...[from(0, 3), from(0, 5), from(2, 6), from(4, 5), from(0, 2), from(0, 8)],
    body(all.join("") + done("end")),
  );
  const { texts } = await run(fetch);
  expect(texts).toEqual([...Array.from({ length: 9 }, (_, index) => String(index)), "done"]);
});

test("a headers function is called for each request", async () => {
  let count = 0;
  const { fetch, requests } = scripted(body(token("a", "1")), body(done()));
  await run(fetch, { headers: () => Promise.resolve({ authorization: `Bearer ${++count}` }) });
  expect(requests.map(({ headers }) => headers["authorization"])).toEqual(["Bearer 1", "Bearer 2"]);
});

test("each header can be a function that is called for each request", async () => {
  let count = 0;
  const { fetch, requests } = scripted(body(token("a", "1")), body(done()));
  const authorization = () => Promise.resolve(`Bearer ${++count}`);
  await run(fetch, { headers: { authorization, "x-page": "chat" } });
  expect(requests.map(({ headers }) => headers)).toMatchObject([
    { authorization: "Bearer 1", "x-page": "chat" },
    { authorization: "Bearer 2", "x-page": "chat" },
  ]);
});

test("an error of the headers function is final", async () => {
  const { fetch, requests } = scripted(body(done()));
  const headers = () => Promise.reject(new Error("signed out"));
  expect(await run(fetch, { headers })).toMatchObject({ outcome: new Error("signed out") });
  expect(requests).toHaveLength(0);
});

describe("connectAgentStream does not retry", () => {
  test.each([400, 401, 403, 404, 410, 501, 505])("status %d", async (status) => {
    const { fetch, requests } = scripted(empty(status));
    const { outcome } = await run(fetch);
    expect(outcome).toMatchObject({ code: "UNEXPECTED_STATUS", status, body: "why not" });
    expect(requests).toHaveLength(1);
  });

  test("another content type", async () => {
    const { fetch } = scripted(() => new Response("{}", { headers: { "content-type": "a/b" } }));
    expect((await run(fetch)).outcome).toMatchObject({ code: "UNEXPECTED_CONTENT_TYPE" });
  });

  test("invalid data, after the good events", async () => {
    const { fetch, requests } = scripted(body(`${token("a", "1")}event: token\ndata: x\n\n`));
    const { texts, outcome } = await run(fetch);
    expect(texts).toEqual(["a"]);
    expect(outcome).toMatchObject({ code: "INVALID_PAYLOAD", lastEventId: "1" });
    expect(requests).toHaveLength(1);
  });

  test("an event that is too large", async () => {
    const { fetch } = scripted(body(token("x".repeat(200))));
    const { outcome } = await run(fetch, { maxEventLength: 100 });
    expect(outcome).toMatchObject({ code: "EVENT_TOO_LARGE" });
  });

  test("a URL that nothing can fetch", () => {
    expect(() => connectAgentStream("http://[")).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: 'url is "http://[": expected a URL, absolute outside of a page.',
      }),
    );
  });
});

describe("connectAgentStream retries", () => {
  test.each([408, 425, 429, 500, 502, 503, 504])("status %d", async (status) => {
    const { fetch, requests } = scripted(empty(status), body(done()));
    expect((await run(fetch)).outcome).toBe("ended");
    expect(requests).toHaveLength(2);
  });

  test("a connection that cannot be made", async () => {
    const refused = () => Promise.reject(new TypeError("fetch failed"));
    const { fetch, requests } = scripted(refused, refused, body(done()));
    expect((await run(fetch)).outcome).toBe("ended");
    expect(requests).toHaveLength(3);
  });
});

test("204 to a first request without an id is reported as an empty stream, any other is not", async () => {
  const statuses = async (
    fetch: ConnectAgentStreamOptions["fetch"],
    options?: ConnectAgentStreamOptions,
  ) => (await run(fetch, options)).states.map(({ status }) => status);
  expect(await statuses(scripted(empty(204)).fetch)).toEqual(["connecting", "empty", "closed"]);
  const later = await statuses(scripted(empty(204)).fetch, { lastEventId: "7" });
  expect(later).toEqual(["connecting", "closed"]);
  const turns = scripted(body(token("a", "1") + done("2")), empty(204));
  expect(await statuses(turns.fetch, { until: "closed" })).not.toContain("empty");
});

test("204 ends connectAgentStream before or after a turn, and is an error within one", async () => {
  expect((await run(scripted(empty(204)).fetch)).outcome).toBe("ended");
  const turns = scripted(body(token("a", "1") + done("2")), body(done("3")), empty(204));
  const over = await run(turns.fetch, { until: "closed" });
  expect(over).toMatchObject({ texts: ["a", "done", "done"], outcome: "ended", lastEventId: "3" });
  expect(turns.requests.map(({ headers }) => headers["last-event-id"])).toEqual([
    ...[undefined, "2", "3"],
  ]);
  const within = await run(scripted(body(token("a", "1")), empty(204)).fetch);
  expect(within).toMatchObject({
    texts: ["a"],
    outcome: { code: "INCOMPLETE_STREAM", status: 204 },
  });
});

describe("connectAgentStream reconnects", () => {
  const retry = { initialDelayMs: 100, maxDelayMs: 1000, jitter: 0, maxRetries: 6 };

  test("at growing intervals, up to the cap, to a server that closes immediately", async () => {
    const { states, outcome } = await run(scripted(body(":\n\n")).fetch, { retry });
    expect(waits(states)).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(outcome).toMatchObject({
      ...{ code: "RETRIES_EXHAUSTED", cause: { code: "INCOMPLETE_STREAM" } },
    });
  });

  test("with a new count after an event", async () => {
    const { fetch } = scripted(
      empty(503),
      empty(503),
      body(token("a", "1")),
      empty(503),
      body(done()),
    );
    const { states } = await run(fetch, { retry });
    expect(waits(states)).toEqual([100, 200, 100, 200]);
  });

  test("with a jitter that shortens the wait and never extends it", async () => {
    const { states } = await run(scripted(empty(503)).fetch, { retry: { ...retry, jitter: 0.5 } });
    for (const [index, ms] of waits(states).entries()) {
      const full = Math.min(1000, 100 * 2 ** index);
      expect(ms).toBeGreaterThan(full / 2);
      expect(ms).toBeLessThanOrEqual(full);
    }
  });

  test("not before the times of retry: and Retry-After", async () => {
    const { fetch } = scripted(
      ...[body("retry: 5000\n\n"), empty(503, { "retry-after": "60" }), empty(503), body(done())],
    );
    const { states } = await run(fetch, { retry });
    expect(waits(states)).toEqual([5100, 60_200, 5400]);
  });

  test("and takes a retry: field as a hint, up to maxRetryAfterMs", async () => {
    const { fetch } = scripted(body("retry: 99999999999999\n\n"), empty(503), body(done()));
    const { states, outcome } = await run(fetch, { retry: { ...retry, maxRetryAfterMs: 2000 } });
    expect(outcome).toBe("ended");
    expect(waits(states)).toEqual([2100, 2200]);
    const byDefault = await run(scripted(body("retry: 999999999\n\n"), body(done())).fetch, {
      retry: { jitter: 0 },
    });
    expect(waits(byDefault.states)).toEqual([300_500]);
  });

  test("but not to a server whose Retry-After exceeds maxRetryAfterMs", async () => {
    const { fetch, requests } = scripted(empty(503, { "retry-after": "301" }));
    const { states, outcome } = await run(fetch);
    expect(requests).toHaveLength(1);
    expect(waits(states)).toEqual([]);
    expect(outcome).toMatchObject({
      ...{ code: "UNEXPECTED_STATUS", status: 503, retryAfterMs: 301_000, retryable: true },
      message: expect.stringContaining("it asks for a wait of 301000 ms") as string,
    });
    const patient = scripted(empty(503, { "retry-after": "301" }), body(done()));
    const patience = { retry: { ...retry, maxRetryAfterMs: Infinity } };
    expect(waits((await run(patient.fetch, patience)).states)).toEqual([301_100]);
  });

  test("not at all with retry: false", async () => {
    const { fetch, requests } = scripted(empty(503));
    expect((await run(fetch, { retry: false })).outcome).toMatchObject({
      ...{ code: "RETRIES_EXHAUSTED", cause: { code: "UNEXPECTED_STATUS", status: 503 } },
    });
    expect(requests).toHaveLength(1);
  });

  test.each([
    "initialDelayMs",
    "maxDelayMs",
    "multiplier",
    "jitter",
    "maxRetries",
    "maxRetryAfterMs",
  ])("by the default when retry.%s is undefined", async (name) => {
    const responses = Array.from({ length: 12 }, () => empty(503));
    const { states } = await run(scripted(...responses, body(done())).fetch, {
      retry: { [name]: undefined },
    });
    expect(waits(states)).toHaveLength(12);
    for (const [index, ms] of waits(states).entries()) {
      const full = Math.min(30_000, 500 * 2 ** index);
      expect(ms).toBeGreaterThanOrEqual(full / 2);
      expect(ms).toBeLessThanOrEqual(full);
    }
  });

  test("by default first within a second, then within 30, without giving up", async () => {
    const responses = Array.from({ length: 40 }, () => empty(503));
    const { states, outcome } = await run(scripted(...responses, body(done())).fetch);
    expect(outcome).toBe("ended");
    expect(waits(states)).toHaveLength(40);
    expect(Math.max(...waits(states))).toBeLessThanOrEqual(30_000);
    expect(waits(states)[0]).toBeLessThanOrEqual(500);
  });
});

describe("a stream without ids that is cut", () => {
  const cut = body(token("a"), "break");

  test.each([
    [undefined, 2],
    [0, 1],
    [3, 4],
  ])(
    "begins again at most maxRestarts (%s) times, however many retries there are",
    async (maxRestarts, runs) => {
      const { fetch, requests } = scripted(cut);
      const { outcome, states } = await run(fetch, { maxRestarts });
      expect(requests).toHaveLength(runs);
      expect(outcome).toMatchObject({ code: "NOT_RESUMABLE", cause: new TypeError("terminated") });
      expect(states.filter(({ status }) => status === "open")).toHaveLength(runs);
    },
  );

  test("counts only connections that were opened as restarts", async () => {
    const { fetch } = scripted(cut, empty(503), empty(503), body(token("a") + done()));
    expect((await run(fetch)).outcome).toBe("ended");
  });

  test("is no progress: the waits grow, and the retries are exhausted", async () => {
    const retry = { initialDelayMs: 100, jitter: 0, maxRetries: 3 };
    const { states, outcome } = await run(scripted(cut).fetch, { retry, maxRestarts: Infinity });
    expect(waits(states)).toEqual([100, 200, 400]);
    expect(outcome).toMatchObject({ code: "RETRIES_EXHAUSTED" });
  });
});

test("connectAgentStream resumes after an id that came without an event", async () => {
  const { fetch, requests } = scripted(
    body(`${token("a", "1")}id: 2\n\n`, "break"),
    body("id: 3\n\n"),
    body(done("4")),
  );
  expect((await run(fetch)).texts).toEqual(["a", "done"]);
  expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "2", "3"]);
});

test("events without ids are counted from the last id, so that they come once", async () => {
  const { fetch } = scripted(
    body(token("a", "1") + token("b") + token("b"), "break"),
    body(token("b") + token("b") + token("b") + token("c", "2"), "break"),
    body(token("a", "1") + token("b") + token("b") + token("b") + token("c", "2") + done("3")),
  );
  expect((await run(fetch)).texts).toEqual(["a", "b", "b", "b", "c", "done"]);
});

test("ids that start again in each turn are an error that says so", async () => {
  const turns = token("a", "1") + done("2") + token("b", "1") + done("2");
  const { outcome, texts } = await run(scripted(body(turns)).fetch, { until: "closed" });
  expect(texts).toEqual(["a", "done"]);
  expect(outcome).toMatchObject({ code: "ID_REUSED", retryable: false });
});

test("done counts without the blank line at the end of a body", async () => {
  const { fetch, requests } = scripted(body(token("a", "1") + done("2").trimEnd()));
  expect(await run(fetch)).toMatchObject({ outcome: "ended", texts: ["a", "done"] });
  expect(requests).toHaveLength(1);
});

describe("silence of a server", () => {
  test("on a connection ends it; a comment is not silence", async () => {
    const feed = new Feed<Uint8Array>();
    const encoder = new TextEncoder();
    const live = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull: async (controller) => {
            const next = await feed.next();
            if (!next.done) controller.enqueue(next.value);
          },
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    const { fetch, requests } = scripted(live, body(done()));
    const options = { idleTimeoutMs: 1000, retry: { initialDelayMs: 10 } };
    const { states, texts } = await run(fetch, options, async () => {
      feed.push(encoder.encode(token("a", "1")));
      await vi.advanceTimersByTimeAsync(900);
      feed.push(encoder.encode(":\n\n"));
      await vi.advanceTimersByTimeAsync(900);
      expect(requests).toHaveLength(1);
      await vi.runAllTimersAsync();
    });
    expect(texts).toEqual(["a", "done"]);
    expect(states.find((state) => state.status === "waiting")).toMatchObject({
      ...{ cause: { code: "IDLE_TIMEOUT" }, lastEventId: "1" },
    });
  });

  test("instead of a response ends the request", async () => {
    const signals: AbortSignal[] = [];
    let count = 0;
    const fetch = (_: string | URL, { signal }: RequestInit = {}) => {
      if (signal) signals.push(signal);
      return count++ === 0
        ? new Promise<Response>(() => undefined)
        : Promise.resolve(body(done())());
    };
    const { outcome } = await run(fetch, { idleTimeoutMs: 1000 });
    expect(outcome).toBe("ended");
    expect(signals[0]?.reason).toMatchObject({ code: "IDLE_TIMEOUT" });
  });
});

describe("connectAgentStream is ended by", () => {
  const open = (fetch: ConnectAgentStreamOptions["fetch"], signal?: AbortSignal) =>
    connectAgentStream("https://example.com/", { fetch, signal });

  test("an abort during a request", async () => {
    const controller = new AbortController();
    let inner: AbortSignal | null | undefined;
    const fetch = (_: string | URL, { signal }: RequestInit = {}) => {
      inner = signal;
      return new Promise<Response>(() => undefined);
    };
    const next = open(fetch, controller.signal).next();
    await vi.advanceTimersByTimeAsync(1);
    controller.abort("enough");
    await expect(next).rejects.toBe("enough");
    expect(inner?.reason).toBe("enough");
  });

  test("an abort while it waits to reconnect", async () => {
    const controller = new AbortController();
    const next = open(scripted(empty(503)).fetch, controller.signal).next();
    await vi.advanceTimersByTimeAsync(1);
    controller.abort("enough");
    await expect(next).rejects.toBe("enough");
  });

  test("an abort between two events that have both arrived", async () => {
    const controller = new AbortController();
    const events = open(scripted(body(token("a") + token("b"))).fetch, controller.signal);
    await events.next();
    controller.abort("enough");
    await expect(events.next()).rejects.toBe("enough");
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("a signal that has already fired, without a request", async () => {
    const { fetch, requests } = scripted(body(done()));
    await expect(open(fetch, AbortSignal.abort("never")).next()).rejects.toBe("never");
    expect(requests).toHaveLength(0);
  });

  test("leaving the loop, which cancels the response", async () => {
    const feed = new Feed<never>();
    const fetch = () => Promise.resolve(agentStreamResponse(chain()));
    async function* chain() {
      yield agentEvent.token("a");
      yield* feed;
    }
    for await (const { event } of open(fetch)) {
      expect(event).toEqual(agentEvent.token("a"));
      break;
    }
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("return during a pending read, which ends both", async () => {
    const feed = new Feed<never>();
    const events = open(() => Promise.resolve(agentStreamResponse(feed)));
    const next = events.next();
    await vi.advanceTimersByTimeAsync(1);
    expect(await events.return(undefined)).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(feed.returned).toBe(1);
  });

  test("throw, which rejects with its error", async () => {
    const feed = new Feed<never>();
    const events = open(() => Promise.resolve(agentStreamResponse(feed)));
    await expect(events.throw(new Error("mine"))).rejects.toThrow("mine");
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("an abort before the response, which is then cancelled", async () => {
    const controller = new AbortController();
    const feed = new Feed<never>();
    let respond: ((response: Response) => void) | undefined;
    const fetch = () => new Promise<Response>((resolve) => (respond = resolve));
    const next = open(fetch, controller.signal).next();
    await vi.advanceTimersByTimeAsync(1);
    controller.abort("enough");
    await expect(next).rejects.toBe("enough");
    respond?.(agentStreamResponse(feed));
    await vi.advanceTimersByTimeAsync(1);
    expect(feed.returned).toBe(1);
  });
});

test("an abort is noticed while the headers function is pending", async () => {
  const abort = new AbortController();
  const { fetch, requests } = scripted(body(done()));
  const events = connectAgentStream("https://example.com/", {
    ...{ fetch, signal: abort.signal },
    headers: () => new Promise<HeadersInit>(() => undefined),
  });
  const next = events.next();
  abort.abort(new Error("enough"));
  await expect(next).rejects.toThrow("enough");
  expect(requests).toHaveLength(0);
});

test("an onStateChange that throws when the connection opens leaves none open", async () => {
  const cancel = vi.fn();
  const events = connectAgentStream("https://example.com/", {
    fetch: () =>
      Promise.resolve(
        new Response(new ReadableStream({ cancel }), {
          headers: { "content-type": "text/event-stream" },
        }),
      ),
    onStateChange: ({ status }) => {
      if (status === "open") throw new Error("in the callback");
    },
  });
  await expect(events.next()).rejects.toThrow("in the callback");
  await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
});

test("the loop throws an exception of onStateChange", async () => {
  const events = connectAgentStream("https://example.com/", {
    fetch: scripted(body(done())).fetch,
    onStateChange: ({ status }) => {
      if (status === "open") throw new Error("in the callback");
    },
  });
  await expect(events.next()).rejects.toThrow("in the callback");
});
