import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createDurableStreams, memoryStore } from "../src/index.ts";
import { lmdbStore } from "../src/lmdb/index.ts";
import { nodeListener } from "../src/node/index.ts";
import { postgresStore } from "../src/postgres/index.ts";

/** Makes what an entry makes, and ends it. */
type Make = (options: object) => Promise<unknown>;

let folder: string;
let folders = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "freshet-options-"));
});
afterAll(() => rm(folder, { recursive: true }));

const streams = { handle: () => Promise.reject(new Error("not called")) };
const server: Make = async (options) =>
  createDurableStreams({ store: memoryStore(), ...options }).close();
const entries: Record<string, Make> = {
  server,
  "server, limits": (limits) => server({ limits }),
  "server, cors": (cors) => server({ cors: { origin: "*", ...cors } }),
  "server, subscriptions": (subscriptions) => server({ subscriptions }),
  memoryStore: async (options) => memoryStore(options).close(),
  lmdbStore: async (options) =>
    lmdbStore({ path: join(folder, String(++folders)), ...options }).close(),
  // A pool connects at the first statement.
  postgresStore: async (options) => postgresStore({ url: "postgres://x", ...options }).close(),
  nodeListener: async (options) => Promise.resolve(nodeListener(streams, options)),
};

const numbers = [NaN, 0, -1, "5", null];
const wholes = [...numbers, 1.5];
const timers = [...numbers, Infinity, 2 ** 31];
const graces = [NaN, -1, Infinity, "5", null];
const flags = ["yes", 1, null];
const objects = [1, "x", null];
const wrong: Record<string, Record<string, readonly unknown[]>> = {
  server: {
    store: objects,
    basePath: ["streams", 1, null],
    authorize: [true, "x"],
    cors: ["*", null],
    limits: objects,
    longPollTimeoutMs: numbers,
    sseMaxAgeMs: numbers,
    pageBytes: [...wholes, Infinity],
    publicUrl: ["streams.example", "ftp://x", 1],
    subscriptions: [true, null, "x"],
    onMetric: [{}, "x"],
    logger: [{ info: () => undefined }, null, "x"],
  },
  "server, limits": {
    bodyBytes: wholes,
    streams: wholes,
    producersPerStream: wholes,
    waitingReaders: wholes,
    subscriptions: wholes,
    subscriptionsPerStream: wholes,
    headerLength: wholes,
    pathLength: wholes,
  },
  "server, cors": {
    origin: [1, null, [1], "https://a.example"],
    credentials: flags,
    allowHeaders: ["x-a", [1]],
    maxAgeSeconds: [NaN, -1, 1.5, "5"],
  },
  "server, subscriptions": {
    allowLocalWebhooks: flags,
    signingKeyLifetimeMs: [NaN, 0, 3_599_999, "5", null],
  },
  memoryStore: { sweepIntervalMs: timers, expiryGraceMs: graces },
  lmdbStore: {
    path: ["", 1, null],
    sweepIntervalMs: timers,
    expiryGraceMs: graces,
    mapSize: wholes,
  },
  postgresStore: {
    url: ["", 1, null],
    sql: [{}, "x", null],
    connections: wholes,
    schema: ["", "A", "1a", 'a"; DROP', "a".repeat(64), 1],
    pollIntervalMs: timers,
    queryTimeoutMs: numbers,
    answerTimeoutMs: numbers,
    prepare: flags,
    sweepIntervalMs: timers,
    expiryGraceMs: graces,
    onMetric: [{}, "x"],
    logger: [{ info: () => undefined }, null, "x"],
  },
  nodeListener: { stalledAfterMs: numbers },
};
/** Options that an entry cannot do without. */
const required = new Set(["store", "origin", "path", "url"]);

const cases = Object.entries(wrong).flatMap(([entry, options]) =>
  Object.entries(options).map(([name, values]) => ({ entry, name, values })),
);
const make = (entry: string, options: object) => entries[entry]?.(options);

describe("a wrong option is refused by its name", () => {
  test.each(cases)("$entry: $name", async ({ entry, name, values }) => {
    for (const value of values) {
      await expect(make(entry, { [name]: value }), String(value)).rejects.toMatchObject({
        code: "INVALID_OPTION",
        message: expect.stringMatching(new RegExp(`^(\\w+\\.)?${name} is .*: expected `)) as string,
      });
    }
  });
});

describe("an explicit undefined is the same as leaving the option out", () => {
  test.each(cases)("$entry: $name", async ({ entry, name }) => {
    const made = make(entry, { [name]: undefined });
    if (!required.has(name)) await made;
    else await expect(made).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test("a server with nothing but undefined options works", async () => {
    const undefinedOptions = Object.fromEntries(
      Object.keys(wrong["server"] ?? {}).map((name) => [name, undefined]),
    );
    const limits = Object.fromEntries(
      Object.keys(wrong["server, limits"] ?? {}).map((name) => [name, undefined]),
    );
    const running = createDurableStreams({ ...undefinedOptions, limits, store: memoryStore() });
    const url = "http://localhost/a";
    const created = await running.fetch(new Request(url, { method: "PUT", body: "hi" }));
    expect(created.status).toBe(201);
    expect(await (await running.fetch(new Request(url))).text()).toBe("hi");
    await running.close();
  });
});

test("the URL of a database, which may hold a password, is in no message", () => {
  const url = { password: "secret" } as unknown as string;
  expect(() => postgresStore({ url })).toThrow(/^url is not valid: expected /);
});

test("an option that a store needs is named when it is missing", () => {
  expect(() => postgresStore({})).toThrow(/^url and sql are missing: /);
  expect(() => lmdbStore({} as { path: string })).toThrow(/^path is missing: /);
});

test("the deprecated name answerTimeoutMs of queryTimeoutMs still works", async () => {
  const never = new Promise<never>(() => undefined);
  const sql = {
    unsafe: () => never,
    begin: () => never,
    listen: () => never,
    end: () => Promise.resolve(),
  };
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the alias still works
  const store = postgresStore({ sql, answerTimeoutMs: 10 });
  await expect(store.head("a")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await store.close();
});

describe("timers and connections", () => {
  test("a server has no timer before its first request, and none after it is closed", async () => {
    vi.useFakeTimers();
    try {
      const running = createDurableStreams({ store: memoryStore() });
      postgresStore({ url: "postgres://x" });
      expect(vi.getTimerCount()).toBe(0);
      await running.fetch(new Request("http://localhost/a", { method: "PUT" }));
      expect(vi.getTimerCount()).toBeGreaterThan(0);
      await running.close();
      running.start();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a server and its stores can be disposed of", async () => {
    const running = createDurableStreams({ store: memoryStore() });
    await running[Symbol.asyncDispose]();
    const late = await running.fetch(new Request("http://localhost/a"));
    expect(late.status).toBe(503);
    const stores = [
      memoryStore(),
      lmdbStore({ path: join(folder, String(++folders)) }),
      postgresStore({ url: "postgres://x" }),
    ];
    for (const store of stores) {
      await store[Symbol.asyncDispose]();
      const append = { path: "a", contentType: "text/plain", close: true };
      await expect(store.append(append)).rejects.toMatchObject({ code: "STORE_CLOSED" });
    }
  });
});
