import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDurableStreams, DurableStreamsServerError, memoryStore } from "../../src/index.ts";
import type { DurableStreams, DurableStreamsOptions, Metric } from "../../src/index.ts";

let streams: DurableStreams;

function start(options: Partial<DurableStreamsOptions> = {}): void {
  streams = createDurableStreams({ store: memoryStore(), ...options });
}

function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return streams.fetch(new Request(`http://localhost${path}`, { method, ...init }));
}

const text = { "content-type": "text/plain" };
const put = (path: string, body?: string, headers: Record<string, string> = {}) =>
  send("PUT", path, { headers: { ...text, ...headers }, ...(body !== undefined && { body }) });
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  send("POST", path, { headers: { ...text, ...headers }, body });

beforeEach(() => {
  start();
});
afterEach(() => streams.close());

test("a server mounts in Hono below its base path", async () => {
  start({ basePath: "/streams" });
  const app = new Hono().all("/streams/*", (c) => streams.fetch(c.req.raw));
  const created = await app.request("/streams/a/b", { method: "PUT", headers: text, body: "hi" });
  expect(created.status).toBe(201);
  expect(created.headers.get("location")).toBe("http://localhost/streams/a/b");
  expect(await (await app.request("/streams/a/b")).text()).toBe("hi");
  expect((await send("GET", "/elsewhere/a")).status).toBe(404);
});

test.each([["/straße"], ["/a b/"], ["/v1/stream//"]])(
  "streams are below the base path %s",
  async (basePath) => {
    start({ basePath });
    const path = `${basePath.replace(/\/+$/, "")}/a`;
    expect((await put(path)).status).toBe(201);
    expect((await put("/b", "", { "stream-forked-from": encodeURI(path) })).status).toBe(404);
    const fork = await put(`${path}b`, "", { "stream-forked-from": encodeURI(path) });
    expect(fork.status).toBe(201);
    expect(() => createDurableStreams({ store: memoryStore(), basePath: "a" })).toThrow("slash");
  },
);

describe("limits", () => {
  test("a body that is too long is a 413, declared or not", async () => {
    start({ limits: { bodyBytes: 10 } });
    await put("/a");
    const response = await post("/a", "x".repeat(11));
    expect(response.status).toBe(413);
    expect(await response.text()).toContain("limits.bodyBytes");
    const endless = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(8)) });
    const init = { headers: text, body: endless, duplex: "half" } as RequestInit;
    expect((await send("POST", "/a", init)).status).toBe(413);
    expect((await post("/a", "x".repeat(10))).status).toBe(204);
  });

  test("too many streams or producers are a 507", async () => {
    start({ limits: { streams: 1, producersPerStream: 1 } });
    await put("/a");
    const full = await put("/b");
    expect(full.status).toBe(507);
    expect(await full.text()).toContain("limits.streams");
    const producer = (id: string) => ({
      "producer-id": id,
      "producer-epoch": "0",
      "producer-seq": "0",
    });
    expect((await post("/a", "x", producer("p"))).status).toBe(200);
    const another = await post("/a", "x", producer("q"));
    expect(another.status).toBe(507);
    expect(await another.text()).toContain("limits.producersPerStream");
  });

  test("too many live readers are a 429, until one leaves", async () => {
    start({ limits: { waitingReaders: 1 } });
    await put("/a");
    const reader = await send("GET", "/a?offset=now&live=sse");
    const second = await send("GET", "/a?offset=now&live=long-poll");
    expect(second.status).toBe(429);
    expect(second.headers.get("retry-after")).toBe("1");
    expect(await second.text()).toContain("limits.waitingReaders");
    await reader.body?.cancel();
    const third = await send("GET", "/a?offset=now&live=sse");
    expect(third.status).toBe(200);
    await third.body?.cancel();
  });

  test("a header that is too long is a 431, a path a 414", async () => {
    start({ limits: { headerLength: 20, pathLength: 20 } });
    const long = await put("/a", "", { "stream-seq": "x".repeat(21) });
    expect(long.status).toBe(431);
    expect(await long.text()).toContain("stream-seq");
    expect((await put(`/${"x".repeat(21)}`)).status).toBe(414);
  });

  test("an invalid limit is refused", () => {
    expect(() => createDurableStreams({ store: memoryStore(), limits: { bodyBytes: 0 } })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});

describe("authorize", () => {
  test("the authorize hook decides each operation by its name", async () => {
    const asked: string[] = [];
    start({
      authorize: (request, { operation, path }) => {
        asked.push(`${request.method} ${operation} ${path}`);
        return true;
      },
    });
    await put("/a", "x");
    await post("/a", "x");
    await put("/b", "", { "stream-forked-from": "/a" });
    await send("GET", "/a");
    await send("HEAD", "/a");
    await post("/a", "end", { "stream-closed": "true" });
    await send("DELETE", "/b");
    await send("GET", "/__ds/subscriptions/s");
    expect(asked).toEqual([
      "PUT create a",
      "POST append a",
      "PUT fork a",
      "PUT create b",
      "GET read a",
      "HEAD head a",
      "POST close a",
      "POST append a",
      "DELETE delete b",
      "GET subscribe s",
    ]);
  });

  test("what the authorize hook refuses, with a response of its own or without, is not done", async () => {
    start({
      authorize: (_, { operation }) => {
        if (operation === "delete") return new Response("who are you?", { status: 401 });
        return operation !== "append";
      },
    });
    await put("/a");
    expect((await post("/a", "x")).status).toBe(403);
    expect((await post("/a", "x", { "stream-closed": "true" })).status).toBe(403);
    const deleted = await send("DELETE", "/a");
    expect([deleted.status, await deleted.text()]).toEqual([401, "who are you?"]);
    const read = await send("GET", "/a");
    expect(await read.text()).toBe("");
    expect(read.headers.get("stream-closed")).toBeNull();
    expect(read.headers.get("cache-control")).toContain("private");
  });
});

describe("CORS", () => {
  const from = { headers: { origin: "https://page.example" } };

  test("CORS is off by default", async () => {
    await put("/a");
    const response = await send("GET", "/a", from);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect((await send("OPTIONS", "/a", from)).status).toBe(405);
  });

  test("CORS allows the origins that it names, with credentials if configured", async () => {
    start({ cors: { origin: ["https://page.example"], credentials: true, allowHeaders: ["x-a"] } });
    await put("/a");
    const response = await send("GET", "/a", from);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://page.example");
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("vary")).toBe("origin");
    const other = await send("GET", "/a", { headers: { origin: "https://other.example" } });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    const preflight = await send("OPTIONS", "/a", from);
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("x-a");
  });
});

describe("close", () => {
  test("close responds to long-polls, gives SSE its last control event, and refuses later requests", async () => {
    await put("/a", "hi");
    const poll = send("GET", "/a?offset=now&live=long-poll");
    const sse = await send("GET", "/a?offset=-1&live=sse");
    const events = sse.text();
    await new Promise((resolve) => setImmediate(resolve));
    await streams.close();
    expect((await poll).status).toBe(204);
    const last = (await events).trimEnd().split("\n\n").at(-1) ?? "";
    expect(last).toContain("event: control");
    expect(last).toContain('"streamNextOffset":"0000000000000000_0000000000000002"');
    const late = await send("GET", "/a");
    expect(late.status).toBe(503);
    expect(late.headers.get("retry-after")).toBe("1");
  });
});

test("an SSE response ends after its maximum age, with a control event", async () => {
  start({ sseMaxAgeMs: 30 });
  await put("/a", "hi");
  const response = await send("GET", "/a?offset=-1&live=sse");
  expect(await response.text()).toMatch(/event: control\ndata:\{.*"upToDate":true\}\n\n$/);
});

test("an SSE reader of text gets whole characters, wherever appends cut them", async () => {
  const word = "fünf 🎈 Öfen";
  const bytes = new TextEncoder().encode(word);
  await put("/a");
  const sse = await send("GET", "/a?offset=-1&live=sse");
  for (const byte of bytes) {
    await send("POST", "/a", { headers: text, body: new Uint8Array([byte]) });
  }
  await send("POST", "/a", { headers: { "stream-closed": "true" } });
  const events = (await sse.text()).split("\n\n");
  const data = events.filter((event) => event.startsWith("event: data"));
  const lines = data.map((event) => event.replace("event: data\ndata:", "").replace(/^ /, ""));
  expect(lines.join("")).toBe(word);
});

test("pages are followed to the end, and only the last one says so", async () => {
  start({ pageBytes: 10 });
  await put("/a");
  for (let n = 0; n < 10; n++) await post("/a", `message ${n};`);
  let offset = "-1";
  let whole = "";
  for (let pages = 1; ; pages++) {
    const page = await send("GET", `/a?offset=${offset}`);
    whole += await page.text();
    offset = page.headers.get("stream-next-offset") ?? "";
    if (page.headers.has("stream-up-to-date")) {
      expect(pages).toBe(10);
      break;
    }
    expect(page.headers.get("cache-control")).toContain("max-age=60");
  }
  expect(whole).toBe(Array.from({ length: 10 }, (_, n) => `message ${n};`).join(""));
});

test("JSON keeps its text: digits, key order and duplicates", async () => {
  const headers = { "content-type": "application/json" };
  await send("PUT", "/a", { headers });
  const body = ' [ 12345678901234567890 , {"b":1,"a":2,"b":3},\n1.0 ] ';
  await send("POST", "/a", { headers, body });
  expect(await (await send("GET", "/a")).text()).toBe(
    '[ 12345678901234567890 , {"b":1,"a":2,"b":3},\n1.0 ]',
  );
});

test("metrics report requests and live readers", async () => {
  const metrics: Metric[] = [];
  start({ onMetric: (metric) => metrics.push(metric) });
  await put("/a");
  await send("GET", "/b");
  const waiting = await send("GET", "/a?offset=now&live=sse");
  await waiting.body?.cancel();
  await send("PUT", "/__ds/subscriptions/s", { body: "{}" });
  expect(metrics).toMatchObject([
    { type: "request", operation: "create", status: 201 },
    { type: "request", operation: "read", status: 404 },
    { type: "waitingReaders", count: 1 },
    { type: "request", operation: "read", status: 200 },
    { type: "waitingReaders", count: 0 },
    { type: "request", operation: "subscribe", status: 400 },
  ]);
});

test("a store that fails is a 503, one that is full a 507, and both are logged", async () => {
  const store = memoryStore();
  const logged: unknown[] = [];
  const fail = (code: "STORE_FULL" | "STORE_UNAVAILABLE") =>
    Promise.reject(new DurableStreamsServerError(code, "no"));
  start({
    store: { ...store, head: () => fail("STORE_UNAVAILABLE"), append: () => fail("STORE_FULL") },
    logger: {
      info: () => undefined,
      warn: () => undefined,
      error: (details) => logged.push(details),
    },
  });
  expect((await send("HEAD", "/a")).status).toBe(503);
  expect((await post("/a", "x")).status).toBe(507);
  expect(logged).toHaveLength(2);
});

test("a hook that throws after the operation does not change the response", async () => {
  const logged: string[] = [];
  const fail = () => {
    throw new Error("no");
  };
  start({
    onMetric: fail,
    cors: { origin: fail },
    logger: { info: fail, warn: fail, error: (_, message) => logged.push(message) },
  });
  const response = await put("/a", "hi", { origin: "https://page.example" });
  expect(response.status).toBe(201);
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  const sse = await send("GET", "/a?offset=-1&live=sse");
  await sse.body?.cancel();
  expect(new Set(logged)).toEqual(new Set(["onMetric failed", "cors.origin failed"]));
});

test("an authorize hook that throws refuses the request", async () => {
  start({ authorize: () => Promise.reject(new Error("no")) });
  expect((await put("/a")).status).toBe(500);
  expect((await send("GET", "/a")).status).toBe(500);
});

describe("a live read", () => {
  const controls = (events: string) =>
    [...events.matchAll(/^event: control\ndata:(.*)$/gm)].map(
      ([, data = ""]) => JSON.parse(data) as { streamCursor?: string; upToDate?: boolean },
    );

  test("the cursors of a live read never go back, and are later than the client's", async () => {
    await put("/a");
    const ahead = "99999999";
    const sse = await send("GET", `/a?offset=-1&live=sse&cursor=${ahead}`);
    const events = sse.text();
    for (let n = 0; n < 20; n++) await post("/a", `${n}`);
    await streams.close();
    const cursors = controls(await events).map(({ streamCursor }) => Number(streamCursor));
    expect(cursors.length).toBeGreaterThan(1);
    expect(cursors[0]).toBeGreaterThan(Number(ahead));
    expect(cursors).toEqual(cursors.toSorted((a, b) => a - b));
  });

  test("a live read whose client left before its response is not counted any more", async () => {
    const store = memoryStore();
    const left = new AbortController();
    const waiting: number[] = [];
    start({
      store: {
        ...store,
        read: (request) => {
          left.abort();
          return store.read(request);
        },
      },
      onMetric: (metric) => metric.type === "waitingReaders" && waiting.push(metric.count),
    });
    await put("/a");
    await send("GET", "/a?offset=now&live=sse", { signal: left.signal });
    expect(waiting).toEqual([1, 0]);
  });

  test("a live read that fails is cut off, not ended, and logged", async () => {
    const store = memoryStore();
    const logged: object[] = [];
    const ignore = () => undefined;
    let isAway = false;
    const away = () =>
      Promise.reject(new DurableStreamsServerError("STORE_UNAVAILABLE", "away for now"));
    start({
      store: { ...store, read: (request) => (isAway ? away() : store.read(request)) },
      logger: { info: ignore, warn: ignore, error: (details) => logged.push(details) },
    });
    await put("/a", "hi");
    const events = (await send("GET", "/a?offset=-1&live=sse")).text();
    isAway = true;
    await post("/a", "there");
    await expect(events).rejects.toThrow("away for now");
    expect(logged).toMatchObject([{ path: "a", err: { code: "STORE_UNAVAILABLE" } }]);
  });

  test("a live read can wait longer than a timer", async () => {
    const reads: unknown[] = [];
    const store = memoryStore();
    start({
      longPollTimeoutMs: 2 ** 40,
      store: {
        ...store,
        read: (request) => {
          reads.push(request);
          return store.read(request);
        },
      },
    });
    await put("/a");
    const poll = send("GET", "/a?offset=now&live=long-poll");
    // Long enough for a timer that ends at once to show.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await post("/a", "hi");
    expect(await (await poll).text()).toBe("hi");
    expect(reads.length).toBe(2);
  });
});

test.each(["https://streams.example/", new URL("https://streams.example")])(
  "Location is the public URL, given as %o",
  async (publicUrl) => {
    start({ publicUrl });
    expect((await put("/a/b")).headers.get("location")).toBe("https://streams.example/a/b");
  },
);

test.each([
  ["2030-02-28T23:59:59.5Z", 201],
  ["2030-02-28t23:59:59+01:00", 201],
  ["2032-02-29T00:00:00Z", 201],
  ["2030-02-29T00:00:00Z", 400],
  ["2030-04-31T00:00:00Z", 400],
  ["2030-04-00T00:00:00Z", 400],
  ["2030-04-30T24:00:00Z", 400],
  ["2030-04-30T00:00:00", 400],
])("Stream-Expires-At: %s is a %i", async (expires, status) => {
  expect((await put("/a", "", { "stream-expires-at": expires })).status).toBe(status);
});

test.each([
  ["text/html; charset=utf-8", "sandbox"],
  ["image/svg+xml", "sandbox"],
  ["text/plain", null],
  ["application/json", null],
])("a browser that opens a stream of %s runs nothing of it", async (contentType, policy) => {
  await send("PUT", "/a", { headers: { "content-type": contentType }, body: "1" });
  const response = await send("GET", "/a");
  expect(response.headers.get("content-security-policy")).toBe(policy);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
});

test("a compressed body is refused rather than stored as it is", async () => {
  const gzip = { "content-encoding": "gzip" };
  expect((await put("/a", "x", gzip)).status).toBe(415);
  expect((await put("/a", "x", { "content-encoding": "identity" })).status).toBe(201);
  const response = await post("/a", "x", gzip);
  expect([response.status, response.headers.get("accept-encoding")]).toEqual([415, "identity"]);
  expect(await (await send("GET", "/a")).text()).toBe("x");
});
