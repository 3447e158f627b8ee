import { createServer } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  memoryStore,
  type Authorize,
  type DurableStreamsOptions,
  type Store,
} from "../../src/index.ts";
import type { ExchangeRequest } from "../../src/http/exchange.ts";
import { createDurableStreams } from "../../src/index.ts";
import { listen, serve, type RunningServer } from "../support/serve.ts";

let running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running) await server.close();
  running = [];
});

async function start(options: Omit<DurableStreamsOptions, "store">, store: Store = memoryStore()) {
  const server = await serve({ store: { ...store, close: () => Promise.resolve() }, ...options });
  running.push(server);
  const send = (method: string, path: string, body?: unknown, headers: object = {}) =>
    fetch(`${server.url}/${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const control = (method: string, path: string, body?: unknown, headers?: object) =>
    send(method, `__ds/subscriptions/${path}`, body, headers);
  return { server, store, send, control };
}

const pullWake = { type: "pull-wake", wake_stream: "wake" };

describe("authorize decides about every stream of a subscription", () => {
  const reads = (isAllowed: Authorize) => vi.fn(isAllowed);
  const isPrivate = (path: string) => path.startsWith("private");

  test("an explicit stream, a stream added later and the wake stream are refused with 403", async () => {
    const authorize = reads((_, { operation, path }) => operation === "create" || !isPrivate(path));
    const { send, control } = await start({ authorize });
    await send("PUT", "private/a");
    const streams = ["private/a"];
    expect((await control("PUT", "s", { ...pullWake, streams })).status).toBe(403);
    const wake = { type: "pull-wake", wake_stream: "private/wake", streams: ["a"] };
    expect((await control("PUT", "s", wake)).status).toBe(403);
    expect(authorize).toHaveBeenLastCalledWith(expect.anything(), {
      operation: "append",
      path: "private/wake",
      subscription: "s",
    });
    expect((await control("GET", "s")).status).toBe(404);
    expect((await control("PUT", "s", { ...pullWake, streams: ["a"] })).status).toBe(201);
    expect((await control("POST", "s/streams", { streams })).status).toBe(403);
    expect(await (await control("GET", "s")).json()).toMatchObject({ streams: [{ path: "a" }] });
  });

  test("a pattern links only what may be read, among existing and among new streams", async () => {
    const authorize = reads((_, { path, subscription }) => !(subscription && isPrivate(path)));
    const warn = vi.fn();
    const logger = { info: vi.fn(), warn, error: vi.fn() };
    const { send, control } = await start({ authorize, logger });
    for (const path of ["private-1", "open-1"]) await send("PUT", path);
    await control("PUT", "s", { ...pullWake, pattern: "*" });
    const paths = async () => {
      const { streams } = (await (await control("GET", "s")).json()) as {
        streams: { path: string }[];
      };
      return streams.map(({ path }) => path);
    };
    expect(await paths()).toEqual(["open-1"]);
    for (const path of ["private-2", "open-2"]) {
      await send("PUT", path);
      await send("POST", path, 1);
    }
    await expect.poll(paths).toEqual(["open-1", "open-2"]);
    const asked = { operation: "read", path: "private-2", subscription: "s" };
    expect(authorize).toHaveBeenCalledWith(expect.anything(), asked);
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ path: "private-2" }),
      expect.stringContaining("not linked"),
    );
  });

  test("a list shows only the subscriptions that the hook lets the request see", async () => {
    const open = await start({});
    for (const id of ["hidden", "s"]) {
      await open.control("PUT", id, { ...pullWake, streams: ["a"] });
    }
    const { control } = await start({ authorize: (_, { path }) => path !== "hidden" }, open.store);
    const { subscriptions } = (await (await control("GET", "../subscriptions")).json()) as {
      subscriptions: unknown[];
    };
    expect(subscriptions).toMatchObject([{ id: "s" }]);
    const closed = await start({ authorize: (_, { path }) => path !== "" });
    expect((await closed.control("GET", "../subscriptions")).status).toBe(403);
  });
});

describe("the limits of subscriptions are a 507 that names them", () => {
  test("per server", async () => {
    const { control } = await start({ limits: { subscriptions: 1 } });
    expect((await control("PUT", "a", { ...pullWake, streams: ["x"] })).status).toBe(201);
    const refused = await control("PUT", "b", { ...pullWake, streams: ["x"] });
    expect([refused.status, await refused.text()]).toEqual([
      507,
      expect.stringContaining("limits.subscriptions)"),
    ]);
    await control("DELETE", "a");
    expect((await control("PUT", "b", { ...pullWake, streams: ["x"] })).status).toBe(201);
  });

  test("per stream, linked by name, by pattern or later", async () => {
    const { send, control, store } = await start({ limits: { subscriptionsPerStream: 1 } });
    await send("PUT", "x");
    expect((await control("PUT", "a", { ...pullWake, streams: ["x"] })).status).toBe(201);
    for (const what of [{ streams: ["x"] }, { pattern: "x" }]) {
      const refused = await control("PUT", "b", { ...pullWake, ...what });
      expect([refused.status, await refused.text()]).toEqual([
        507,
        expect.stringContaining("limits.subscriptionsPerStream"),
      ]);
    }
    await control("PUT", "b", { ...pullWake, pattern: "later/*" });
    await control("PUT", "c", { ...pullWake, pattern: "later/*" });
    await send("PUT", "later/1");
    await send("POST", "later/1", 1);
    const links = async () => {
      const documents = await store.documents.list("subscription/");
      return documents.filter(({ value }) => value.includes('"later/1":{')).length;
    };
    await expect.poll(links).toBe(1);
    await send("POST", "later/1", 1);
    expect(await links()).toBe(1);
  });
});

describe("ack, callback and release", () => {
  const actions = ["ack", "callback", "release"];

  test.each(actions)("%s: an unknown id and a wrong token look the same", async (action) => {
    const { control } = await start({});
    await control("PUT", "known", { ...pullWake, streams: ["a"] });
    const responses = await Promise.all(
      ["known", "unknown"].flatMap((id) =>
        ["", "Bearer x", "Bearer a.b", "Basic x"].map(async (authorization) => {
          const response = await control("POST", `${id}/${action}`, {}, { authorization });
          return [response.status, await response.text()];
        }),
      ),
    );
    expect(responses.slice(0, 4)).toEqual(responses.slice(4));
    expect(responses.map(([status]) => status)).toEqual(Array<number>(8).fill(401));
  });

  test.each(actions)("%s: the body is not read before the token is verified", async (action) => {
    const streams = createDurableStreams({ store: memoryStore() });
    const body = vi.fn(() => Promise.resolve(new Uint8Array()));
    const request: ExchangeRequest = {
      method: "POST",
      url: new URL(`http://localhost/__ds/subscriptions/none/${action}`),
      header: (name) => (name === "authorization" ? "Bearer wrong" : undefined),
      body,
      signal: new AbortController().signal,
      toRequest: () => new Request("http://localhost"),
    };
    expect((await streams.handle(request)).status).toBe(401);
    expect(body).not.toHaveBeenCalled();
    await streams.close();
  });
});

test.each([
  ["slashes within a path", { streams: [`a${"/".repeat(200_000)}a`] }],
  ["slashes around a path", { streams: ["/".repeat(200_000)] }],
  ["too many **", { pattern: `${"**/".repeat(9)}b` }],
  ["a long description", { streams: ["a"], description: "x".repeat(5000) }],
])("%s are refused with 400 at once", async (_, what) => {
  const { control } = await start({});
  const startedAt = performance.now();
  expect((await control("PUT", "s", { ...pullWake, ...what })).status).toBe(400);
  expect(performance.now() - startedAt).toBeLessThan(3000);
});

test("a webhook stored under allowLocalWebhooks reaches nothing local without it", async () => {
  const received = vi.fn();
  const receiver = createServer((_, response) => {
    received();
    response.writeHead(500).end();
  });
  const url = await listen(receiver);
  const store = memoryStore();
  const open = await start({ subscriptions: { allowLocalWebhooks: true } }, store);
  await open.send("PUT", "a");
  const made = await open.control("PUT", "s", {
    type: "webhook",
    webhook: { url },
    streams: ["a"],
  });
  expect(made.status).toBe(201);
  await running.pop()?.close();
  const warn = vi.fn();
  const strict = await start({ logger: { info: vi.fn(), warn, error: vi.fn() } }, store);
  await strict.send("POST", "a", 1);
  await expect.poll(() => warn.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await (await strict.control("GET", "s")).json()).toMatchObject({ status: "failed" });
  expect(received).not.toHaveBeenCalled();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

test("a logger that throws does not end the process when a webhook does not resolve", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const outcomes: string[] = [];
  const fail = () => {
    throw new Error("the logger failed");
  };
  const { send, control } = await start({
    logger: { info: fail, warn: fail, error: fail },
    onMetric: (metric) => {
      if (metric.type === "webhook") outcomes.push(metric.outcome);
    },
  });
  await send("PUT", "a");
  const webhook = { url: "https://nowhere.invalid/" };
  await control("PUT", "s", { type: "webhook", webhook, streams: ["a"] });
  await send("POST", "a", 1);
  await expect.poll(() => outcomes, { timeout: 20_000 }).toEqual(["failed"]);
  expect(await (await control("GET", "s")).json()).toMatchObject({ status: "failed" });
  expect(unhandled).not.toHaveBeenCalled();
  process.off("unhandledRejection", unhandled);
}, 30_000);
