import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryStore, type Store } from "../../src/index.ts";
import { serve, type RunningServer } from "../support/serve.ts";

interface Claim {
  wake_id: string;
  generation: number;
  token: string;
  streams: { path: string; acked_offset: string; tail_offset: string; has_pending: boolean }[];
}

let store: Store;
let server: RunningServer;
beforeEach(async () => {
  store = memoryStore();
  server = await serve({ store });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const control = (method: string, path: string, body?: unknown, token?: string) =>
  send(
    method,
    `__ds/subscriptions/${path}`,
    body,
    token ? { authorization: `Bearer ${token}` } : {},
  );
const subscribe = async (id: string, more: object) => {
  await send("PUT", "wake");
  return control("PUT", id, {
    type: "pull-wake",
    wake_stream: "wake",
    lease_ttl_ms: 1000,
    ...more,
  });
};
const claim = (worker = "w") => control("POST", "s/claim", { worker });
const claimed = async (): Promise<Claim> => {
  const response = await claim();
  expect(response.status).toBe(200);
  return (await response.json()) as Claim;
};
const wakeEvents = async () =>
  (await (await fetch(`${server.url}/wake?offset=-1`)).json()) as { generation: number }[];
/** Lets time pass for the server, in one step. */
const pass = (ms: number) => {
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + ms);
};

test("a wake that nobody claims is announced again, as the same wake", async () => {
  await send("PUT", "a");
  await subscribe("s", { streams: ["a"] });
  await send("POST", "a", 1);
  await expect.poll(async () => (await wakeEvents()).length, { timeout: 10_000 }).toBe(2);
  const [first, again] = await wakeEvents();
  expect(again?.generation).toBe(first?.generation);
  await claimed();
  const after = await store.documents.get("subscription/s");
  expect(JSON.parse(after?.value ?? "")).toMatchObject({ nextAttemptAt: null });
});

test("the announcements of a wake come less and less often, up to once a minute", async () => {
  await send("PUT", "a");
  await subscribe("s", { streams: ["a"] });
  await send("POST", "a", 1);
  const state = async () => {
    const document = await store.documents.get("subscription/s");
    return JSON.parse(document?.value ?? "") as { retries: number; nextAttemptAt: number };
  };
  await expect.poll(async () => (await state()).retries).toBeGreaterThan(0);
  for (const [announced, least, most] of [
    [2, 1600, 2000],
    [3, 3200, 4000],
    [4, 6400, 8000],
    [5, 12_800, 16_000],
    [6, 25_600, 32_000],
    [7, 48_000, 60_000],
    [8, 48_000, 60_000],
  ] as const) {
    const due = (await state()).nextAttemptAt;
    vi.spyOn(Date, "now").mockImplementation(() => due);
    await expect.poll(async () => (await state()).retries, { timeout: 10_000 }).toBe(announced);
    const wait = (await state()).nextAttemptAt - due;
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(most);
  }
}, 30_000);

test("a refused claim names when the lease ends, and from then on a claim succeeds", async () => {
  // No sweep helps.
  await server.close();
  vi.useFakeTimers({ toFake: ["setInterval"] });
  store = memoryStore();
  server = await serve({ store });
  try {
    await send("PUT", "a");
    await subscribe("s", { streams: ["a"] });
    await send("POST", "a", 1);
    const first = await claimed();
    const refused = await claim("other");
    expect(refused.status).toBe(409);
    const { error } = (await refused.json()) as {
      error: { code: string; current_holder: string; lease_expires_in_ms: number };
    };
    expect(error).toMatchObject({ code: "ALREADY_CLAIMED", current_holder: "w" });
    expect(error.lease_expires_in_ms).toBeGreaterThan(0);
    expect(error.lease_expires_in_ms).toBeLessThanOrEqual(1000);
    pass(1000);
    const { wake_id, generation, token } = first;
    const late = await control("POST", "s/ack", { wake_id, generation, done: true }, token);
    expect(late.status).toBe(409);
    expect((await claimed()).generation).toBe(generation + 1);
  } finally {
    vi.useRealTimers();
  }
});

test("the generation does not go back when a subscription is deleted and made again", async () => {
  await send("PUT", "a");
  await subscribe("s", { streams: ["a"] });
  await send("POST", "a", 1);
  const { wake_id, generation, token } = await claimed();
  expect((await control("DELETE", "s")).status).toBe(204);
  expect((await control("GET", "s")).status).toBe(404);
  const report = { wake_id, generation };
  expect((await control("POST", "s/ack", report, token)).status).toBe(404);
  expect((await subscribe("s", { streams: ["a"] })).status).toBe(201);
  await send("POST", "a", 2);
  expect((await control("POST", "s/ack", report, token)).status).toBe(409);
  expect((await claimed()).generation).toBe(generation + 1);
});

test("subscriptions are listed page by page", async () => {
  for (const id of ["c", "a", "d", "b"]) await subscribe(id, { streams: ["x", "y"] });
  await control("DELETE", "c");
  const page = async (query: string) =>
    (await (await control("GET", `../subscriptions${query}`)).json()) as {
      subscriptions: { id: string; stream_count: number }[];
      next: string | null;
    };
  const first = await page("?limit=2");
  expect(first.subscriptions).toMatchObject([
    { id: "a", stream_count: 2, type: "pull-wake" },
    { id: "b" },
  ]);
  expect(first.next).toBe("b");
  const second = await page("?limit=3&after=b");
  expect([second.subscriptions.map(({ id }) => id), second.next]).toEqual([["d"], null]);
  expect((await page("")).subscriptions.map(({ id }) => id)).toEqual(["a", "b", "d"]);
  for (const limit of ["0", "1001", "x", "1.5"]) {
    expect((await control("GET", `../subscriptions?limit=${limit}`)).status).toBe(400);
  }
});

test.each([
  ["streams", { streams: ["a"] }],
  ["a pattern", { pattern: "*" }],
])('with from: "start" the events that exist are pending, by %s', async (_, what) => {
  await send("PUT", "a");
  await send("POST", "a", 1);
  const made = await subscribe("s", { ...what, from: "start" });
  expect(await made.json()).toMatchObject({ from: "start" });
  const { streams } = await claimed();
  expect(streams).toMatchObject([{ path: "a", acked_offset: "-1", has_pending: true }]);
  expect((await subscribe("t", { ...what, from: "end" })).status).toBe(400);
});

test("the appends of the producer in ignore_producer are no events, those of others are", async () => {
  const producer = (id: string, seq: number) => ({
    "producer-id": id,
    "producer-epoch": "0",
    "producer-seq": String(seq),
  });
  await send("PUT", "a");
  await subscribe("s", { streams: ["a"], ignore_producer: "me" });
  await send("POST", "a", 1);
  const wake = await claimed();
  const offset = wake.streams[0]?.tail_offset;
  for (let seq = 0; seq < 3; seq++) await send("POST", "a", 2, producer("me", seq));
  const ignored = async () => {
    const document = await store.documents.get("subscription/s");
    const { links } = JSON.parse(document?.value ?? "") as {
      links: { a: { ignored?: unknown[] } };
    };
    return links.a.ignored;
  };
  await expect.poll(ignored).toEqual([[1, 4]]);
  const { wake_id, generation, token } = wake;
  const report = { wake_id, generation, acks: [{ stream: "a", offset }], done: true };
  const acked = await control("POST", "s/ack", report, token);
  expect(await acked.json()).toEqual({ ok: true, next_wake: false });
  expect(await (await claim()).json()).toMatchObject({ error: { code: "NO_PENDING_WORK" } });
  await send("POST", "a", 3, producer("other", 0));
  expect((await claimed()).streams).toMatchObject([{ has_pending: true, acked_offset: offset }]);
});
