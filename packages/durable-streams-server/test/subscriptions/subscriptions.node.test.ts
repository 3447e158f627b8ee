import { createServer, type Server } from "node:http";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryStore, type Store } from "../../src/index.ts";
import { listen, serve, type RunningServer } from "../support/serve.ts";

interface Wake {
  wake_id: string;
  generation: number;
  callback_url: string;
  callback_token: string;
  streams: { path: string; tail_offset: string; acked_offset: string }[];
}

const json = { "content-type": "application/json" };
let store: Store;
let server: RunningServer;
let receiver: Server;
let webhook: string;
let wakes: Wake[];
/** What the webhook responds to each call, and after the last: 200 and nothing. */
let responses: {
  status: number;
  body?: string;
  headers?: Record<string, string>;
  /** Responds no earlier; with `true` it cuts the connection instead. */
  until?: Promise<unknown>;
}[];

beforeEach(async () => {
  wakes = [];
  responses = [];
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      wakes.push(JSON.parse(body) as Wake);
      const { status, body: text, headers, until } = responses.shift() ?? { status: 200 };
      void Promise.resolve(until).then((isCut) => {
        if (isCut) response.destroy();
        else response.writeHead(status, headers).end(text);
      });
    });
  });
  webhook = await listen(receiver);
  store = memoryStore();
  server = await start();
});
afterEach(async () => {
  await server.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

/** A server on the store; several at once are several processes to it. */
function start(): Promise<RunningServer> {
  const closing = { ...store, close: () => Promise.resolve() };
  return serve({ store: closing, subscriptions: { allowLocalWebhooks: true } });
}

const control = (path: string) => `${server.url}/__ds/subscriptions/${path}`;
const send = (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method,
    headers: { ...json, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const append = (path: string) => send("POST", `${server.url}/${path}`, { event: 1 });
const create = (path: string) => send("PUT", `${server.url}/${path}`);
const subscribe = (id: string, more: object) =>
  send("PUT", control(id), { type: "webhook", webhook: { url: webhook }, ...more });
/** How many of a subscription's streams have something that was not acknowledged. */
const pending = async (id: string): Promise<number> => {
  const { streams } = (await (await fetch(control(id))).json()) as {
    streams: { path: string; acked_offset: string }[];
  };
  const behind = await Promise.all(
    streams.map(async ({ path, acked_offset }) => {
      const head = await store.head(path);
      return head.status === "ok" && !acked_offset.endsWith(String(head.stream.tail));
    }),
  );
  return behind.filter(Boolean).length;
};
const wakeNumber = async (count: number): Promise<Wake> => {
  await expect.poll(() => wakes.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
  const wake = wakes[count - 1];
  if (!wake) throw new Error(`There were fewer than ${count} wakes.`);
  return wake;
};

test("a webhook that fails is called again, and the subscription has the status failed meanwhile", async () => {
  responses = [{ status: 500 }, { status: 200, body: '{"done":true}' }];
  await create("a");
  await subscribe("s", { streams: ["a"] });
  await append("a");
  await wakeNumber(1);
  await expect
    .poll(async () => (await (await fetch(control("s"))).json()) as unknown)
    .toMatchObject({ status: "failed" });
  const [first, second] = [await wakeNumber(1), await wakeNumber(2)];
  expect(second.generation).toBe(first.generation + 1);
  await expect
    .poll(async () => (await (await fetch(control("s"))).json()) as unknown)
    .toMatchObject({
      status: "active",
      streams: [{ acked_offset: first.streams[0]?.tail_offset }],
    });
});

test.each([
  ["responds in the end", false],
  ["loses its connection", true],
])(
  "a webhook that calls back gets its wake once while its lease lasts, and %s",
  async (_, cut) => {
    let finish: (isCut: boolean) => void = () => undefined;
    const until = new Promise<boolean>((resolve) => (finish = resolve));
    responses = [{ status: 200, body: '{"done":true}', until }, { status: 500 }];
    await create("a");
    await subscribe("s", { streams: ["a"], lease_ttl_ms: 1000 });
    await append("a");
    const { wake_id, generation, callback_url, callback_token } = await wakeNumber(1);
    const authorization = { authorization: `Bearer ${callback_token}` };
    const beat = (more: object = {}) =>
      send("POST", callback_url, { wake_id, generation, ...more }, authorization);
    for (let beats = 0; beats < 10; beats++) {
      await setTimeout(300);
      expect((await beat()).status).toBe(200);
      if (beats === 5 && cut) finish(true);
    }
    expect(wakes).toHaveLength(1);
    if (cut) expect(await (await beat({ done: true })).json()).toMatchObject({ next_wake: true });
    else {
      finish(false);
      await expect.poll(() => pending("s")).toBe(0);
      await append("a");
    }
    const generations = [(await wakeNumber(2)).generation, (await wakeNumber(3)).generation];
    expect(generations).toEqual([generation + 1, generation + 2]);
  },
  20_000,
);

test("a redirect of a webhook is not followed", async () => {
  responses = [{ status: 302, headers: { location: `${webhook}/elsewhere` } }];
  await create("a");
  await subscribe("s", { streams: ["a"] });
  await append("a");
  await wakeNumber(2);
  expect(wakes[1]?.generation).toBe(2);
});

test("an event that arrives while a wake is in flight causes another wake", async () => {
  await create("a");
  await subscribe("s", { streams: ["a"] });
  await append("a");
  const wake = await wakeNumber(1);
  await append("a");
  const ack = (done: boolean) =>
    send(
      "POST",
      wake.callback_url,
      {
        wake_id: wake.wake_id,
        generation: wake.generation,
        acks: [{ stream: "a", offset: wake.streams[0]?.tail_offset }],
        done,
      },
      { authorization: `Bearer ${wake.callback_token}` },
    );
  expect(await (await ack(false)).json()).toEqual({ ok: true, next_wake: false });
  expect(await (await ack(true)).json()).toEqual({ ok: true, next_wake: true });
  const next = await wakeNumber(2);
  expect(next.generation).toBe(wake.generation + 1);
  expect(next.streams[0]?.acked_offset).toBe(wake.streams[0]?.tail_offset);
  expect((await ack(true)).status).toBe(409);
});

test("a webhook that does not acknowledge loses its lease, and is woken again", async () => {
  await create("a");
  await subscribe("s", { streams: ["a"], lease_ttl_ms: 1000 });
  await append("a");
  const first = await wakeNumber(1);
  const second = await wakeNumber(2);
  expect(second.generation).toBe(first.generation + 1);
});

test("subscriptions, their keys and their cursors outlive the server", async () => {
  await create("a");
  await subscribe("s", { pattern: "**", lease_ttl_ms: 600_000 });
  await append("a");
  const wake = await wakeNumber(1);
  const keysOf = async () =>
    (await (await fetch(`${server.url}/__ds/jwks.json`)).json()) as unknown;
  const keys = await keysOf();
  await server.close();
  server = await start();
  expect(await keysOf()).toEqual(keys);
  const report = { wake_id: wake.wake_id, generation: wake.generation, done: true };
  const authorization = { authorization: `Bearer ${wake.callback_token}` };
  const released = await send("POST", `${control("s")}/callback`, report, authorization);
  expect(await released.json()).toEqual({ ok: true, next_wake: true });
  await wakeNumber(2);
});

test("events that no hint announced are found", async () => {
  await subscribe("s", { pattern: "late/*" });
  await store.create({
    path: "late/a",
    contentType: "application/json",
    closed: false,
    data: new TextEncoder().encode("1"),
  });
  const wake = await wakeNumber(1);
  expect(wake.streams.map(({ path }) => path)).toEqual(["late/a"]);
});

test("two servers on one store deliver a wake once", async () => {
  const other = await start();
  try {
    await create("a");
    await subscribe("s", { streams: ["a"], lease_ttl_ms: 600_000 });
    for (let generation = 1; generation <= 5; generation++) {
      await Promise.all([append("a"), send("POST", `${other.url}/a`, 2), append("a")]);
      const wake = await wakeNumber(generation);
      const tail = (await fetch(`${server.url}/a`, { method: "HEAD" })).headers;
      const acks = [{ stream: "a", offset: tail.get("stream-next-offset") }];
      const report = { wake_id: wake.wake_id, generation, acks, done: true };
      const headers = { authorization: `Bearer ${wake.callback_token}` };
      expect((await send("POST", wake.callback_url, report, headers)).status).toBe(200);
    }
    expect(wakes.map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5]);
  } finally {
    await other.close();
  }
});

test("a stream that was deleted and created again is read from its start", async () => {
  responses = Array.from({ length: 5 }, () => ({ status: 200, body: '{"done":true}' }));
  await create("x/a");
  await append("x/a");
  await subscribe("s", { pattern: "x/*" });
  await append("x/a");
  await wakeNumber(1);
  await send("DELETE", `${server.url}/x/a`);
  await create("x/a");
  await append("x/a");
  const wake = await wakeNumber(2);
  expect(wake.streams).toMatchObject([{ path: "x/a", acked_offset: "-1" }]);
});

test("a subscription works for streams of any name", async () => {
  responses = Array.from({ length: 9 }, () => ({ status: 200, body: '{"done":true}' }));
  const names = ["constructor", "__proto__", "toString", "é", "a%2Fb"];
  await subscribe("s", { pattern: "*", streams: ["valueOf"] });
  await subscribe("t", { pattern: "é/*" });
  for (const [index, name] of names.entries()) {
    await create(name);
    await append(name);
    const wake = await wakeNumber(index + 1);
    expect(wake.streams.filter(({ path }) => path === encodeURI(name).replace("%25", "%"))).toEqual(
      [expect.objectContaining({ acked_offset: "-1", has_pending: true })],
    );
    await expect.poll(() => pending("s")).toBe(0);
  }
  await create("é/x");
  await append("é/x");
  expect((await wakeNumber(names.length + 1)).streams).toMatchObject([{ path: "%C3%A9/x" }]);
});

test("a stream can be deleted after another server has deleted its subscription", async () => {
  const other = await start();
  try {
    await create("a");
    await subscribe("s", { streams: ["a"] });
    // A callback makes the other server know the subscription.
    await append("a");
    const wake = await wakeNumber(1);
    const headers = { authorization: `Bearer ${wake.callback_token}` };
    const { wake_id, generation } = wake;
    const callback = wake.callback_url.replace(server.url, other.url);
    const report = await send("POST", callback, { wake_id, generation }, headers);
    expect(report.status).toBe(200);
    expect((await send("DELETE", control("s"))).status).toBe(204);
    expect((await send("DELETE", `${other.url}/a`)).status).toBe(204);
  } finally {
    await other.close();
  }
});

describe("an invalid control request", () => {
  test.each([
    ["no streams", { type: "webhook", webhook: { url: "https://a.example" } }],
    ["no wake stream", { type: "pull-wake", pattern: "*" }],
    [
      "a lease that is too short",
      { type: "pull-wake", pattern: "*", wake_stream: "w", lease_ttl_ms: 1 },
    ],
    ["an invalid path", { type: "pull-wake", streams: [".."], wake_stream: "w" }],
    ["a path that is too long", { type: "pull-wake", pattern: "x".repeat(2000), wake_stream: "w" }],
    ["a filter", { type: "pull-wake", pattern: "*", wake_stream: "w", filter: {} }],
  ])("%s is refused", async (_, body) => {
    const response = await send("PUT", control("s"), body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "INVALID_REQUEST" } });
  });

  test("a wrong method is a 405 with the allowed ones", async () => {
    const response = await send("PATCH", control("s"));
    expect([response.status, response.headers.get("allow")]).toEqual([405, "PUT, GET, DELETE"]);
  });

  test("more streams than a subscription can have are a 507", async () => {
    const streams = Array.from({ length: 10_001 }, (_, n) => `${n}`);
    const response = await subscribe("s", { streams });
    expect(response.status).toBe(507);
  });

  test("a token of another subscription is a 401", async () => {
    await create("a");
    await subscribe("s", { streams: ["a"] });
    await subscribe("t", { streams: ["b"] });
    await append("a");
    const wake = await wakeNumber(1);
    const headers = { authorization: `Bearer ${wake.callback_token}` };
    const response = await send("POST", `${control("t")}/callback`, {}, headers);
    expect(response.status).toBe(401);
    expect((await send("POST", `${control("s")}/callback`, {})).status).toBe(401);
  });

  test("acks that go back, or beyond the tail, are refused and move no cursor", async () => {
    await create("a");
    await subscribe("s", { streams: ["a"] });
    await append("a");
    const wake = await wakeNumber(1);
    const tail = wake.streams[0]?.tail_offset ?? "";
    const headers = { authorization: `Bearer ${wake.callback_token}` };
    for (const offset of ["0000000000000000_0000000000009999", "nonsense"]) {
      const acks = [
        { stream: "a", offset: tail },
        { stream: "a", offset },
      ];
      const { wake_id, generation } = wake;
      const response = await send(
        "POST",
        wake.callback_url,
        { wake_id, generation, acks },
        headers,
      );
      expect(response.status).toBe(409);
    }
    const found = (await (await fetch(control("s"))).json()) as {
      streams: { acked_offset: string }[];
    };
    expect(found.streams[0]?.acked_offset).not.toBe(tail);
  });
});
