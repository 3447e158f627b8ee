import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { memoryStore, type DurableStreamsOptions } from "../../src/index.ts";
import type { NodeListenerOptions } from "../../src/node/index.ts";
import { serve, type RunningServer } from "../support/serve.ts";

let server: RunningServer | undefined;
afterEach(() => server?.close());

async function start(
  options: Partial<DurableStreamsOptions> = {},
  listenerOptions: NodeListenerOptions = {},
): Promise<RunningServer> {
  server = await serve({ store: memoryStore(), ...options }, listenerOptions);
  return server;
}

/** A client that has sent this. */
function sent({ url }: RunningServer, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text, () => resolve(socket)));
    socket.on("error", () => undefined);
  });
}

async function responseOn(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += (chunk as Buffer).toString("latin1");
  return text;
}

/** Something to wait for, and what ends the wait. */
function gate(): { opened: Promise<void>; open: () => void } {
  const controller = new AbortController();
  const opened = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve());
  });
  return { opened, open: () => controller.abort() };
}

test.each([
  ["before its body has arrived", "abc"],
  ["after its body has arrived", "abcdefghij"],
])("a client that leaves while the hook decides, %s, blocks nothing", async (_, body) => {
  const asked = gate();
  const left = gate();
  const statuses: number[] = [];
  const running = await start({
    authorize: async ({ signal }) => {
      signal.addEventListener("abort", left.open);
      asked.open();
      await left.opened;
      return true;
    },
    onMetric: (metric) => metric.type === "request" && statuses.push(metric.status),
  });
  const socket = await sent(
    running,
    `PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n${body}`,
  );
  await asked.opened;
  socket.destroy();
  // A request without an response would keep this waiting.
  await expect.poll(() => statuses.length).toBe(1);
  await running.streams.close();
});

test("a body that never arrives does not keep the server from closing", async () => {
  const asked = gate();
  const authorize = () => {
    asked.open();
    return true;
  };
  const running = await start({ authorize });
  const socket = await sent(
    running,
    "PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\nconnection: close\r\n\r\nabc",
  );
  await asked.opened;
  await running.streams.close();
  // What comes after the end is not stored.
  socket.write("defghij");
  expect(await responseOn(socket)).toMatch(/^HTTP\/1.1 503 /);
}, 30_000);

test("a request may have a whole URL as its target, as proxies send it", async () => {
  const running = await start();
  await fetch(`${running.url}/a`, { method: "PUT", body: "hi" });
  const socket = await sent(
    running,
    `GET ${running.url}/a?offset=-1 HTTP/1.1\r\nhost: elsewhere\r\nconnection: close\r\n\r\n`,
  );
  expect(await responseOn(socket)).toMatch(/^HTTP\/1.1 200 [^]*hi$/);
});

test.each([["offset=-1&live=sse"], ["offset=-1"]])(
  "a client that reads nothing of its response to ?%s is cut off",
  async (query) => {
    const waiting: number[] = [];
    const onMetric: DurableStreamsOptions["onMetric"] = (metric) =>
      metric.type === "waitingReaders" && waiting.push(metric.count);
    const limits = { bodyBytes: 64 * 1024 * 1024 };
    const pageBytes = limits.bodyBytes;
    const running = await start({ onMetric, limits, pageBytes }, { stalledAfterMs: 300 });
    const body = "x".repeat(limits.bodyBytes);
    const headers = { "content-type": "text/plain" };
    await fetch(`${running.url}/a`, { method: "PUT", headers, body });
    const before = await running.connections();
    const socket = await sent(running, `GET /a?${query} HTTP/1.1\r\nhost: x\r\n\r\n`);
    socket.pause();
    await expect.poll(() => running.connections()).toBe(before + 1);
    await expect.poll(() => running.connections(), { timeout: 20_000 }).toBe(before);
    if (query.includes("sse")) expect(waiting).toEqual([1, 0]);
    socket.destroy();
  },
  30_000,
);

test("a client that sends all of a body that is too long can still read why it was refused", async () => {
  const running = await start({ limits: { bodyBytes: 1000 } });
  const length = 32 * 1024 * 1024;
  const socket = await sent(
    running,
    `PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`,
  );
  socket.pause();
  await new Promise((resolve) => socket.write("x".repeat(length), resolve));
  expect(await responseOn(socket)).toMatch(/^HTTP\/1.1 413 [^]*limits.bodyBytes/);
});
