import { createServer as createTcpServer, connect as connectTcp, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve, type ServerType } from "@hono/node-server";
import { afterEach, expect, test } from "vitest";
import {
  agentEvent,
  agentStreamResponse,
  connectAgentStream,
  lastEventIdOf,
  type ConnectionState,
} from "../../src/index.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const texts = Array.from({ length: 500 }, (_, index) => `token ${index} äöü\n`);

/** Serves the texts from any position, as a durable stream would. */
async function startServer(port = 0): Promise<{ server: ServerType; port: number }> {
  const server = serve({
    port,
    hostname: "127.0.0.1",
    fetch: (request) => {
      const after = lastEventIdOf(request);
      const start = after === undefined ? 0 : Number(after.slice(3)) + 1;
      return agentStreamResponse(eventsFrom(start), { signal: request.signal });
    },
  });
  if (!(server as { listening?: boolean }).listening) await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

async function* eventsFrom(start: number) {
  for (let index = start; index < texts.length; index++) {
    if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    yield { event: agentEvent.token(texts[index] ?? ""), id: `pos${index}` };
  }
  yield { event: agentEvent.done(), id: `pos${texts.length}` };
}

/** A TCP proxy that resets each connection after a number of bytes. */
async function startCuttingProxy(target: number, cutAfter: number[]): Promise<number> {
  const sockets = new Set<Socket>();
  const proxy = createTcpServer((client) => {
    const upstream = connectTcp(target, "127.0.0.1");
    sockets.add(client).add(upstream);
    let left = cutAfter.shift() ?? Infinity;
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) client.destroySoon();
    });
    const close = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", close).on("close", close);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return (proxy.address() as AddressInfo).port;
}

const retry = { initialDelayMs: 5, maxDelayMs: 50 };

test("connectAgentStream delivers every event once and in order over connections cut at any byte", async () => {
  const { server, port } = await startServer();
  closers.push(() => server.close());
  const cuts = Array.from({ length: 40 }, (_, index) => (index * 997) % 2500);
  const proxy = await startCuttingProxy(port, cuts);
  const states: ConnectionState[] = [];
  const events = connectAgentStream(`http://127.0.0.1:${proxy}/`, {
    retry,
    onStateChange: (state) => states.push(state),
  });
  const read: string[] = [];
  const ids: (string | undefined)[] = [];
  for await (const { event, id } of events) {
    if (event.type === "token") read.push(event.text);
    ids.push(id);
  }
  expect(read).toEqual(texts);
  expect(ids).toEqual([...texts.map((_, index) => `pos${index}`), `pos${texts.length}`]);
  expect(events.lastEventId).toBe(`pos${texts.length}`);
  const opened = states.filter((state) => state.status === "open");
  expect(opened.length).toBeGreaterThan(5);
  expect(opened.map((state) => state.reconnects)).toEqual(opened.map((_, index) => index));
  expect(states.at(-1)).toEqual({ status: "closed", lastEventId: `pos${texts.length}` });
});

test("connectAgentStream keeps trying until the server is back", async () => {
  const first = await startServer();
  const proxy = await startCuttingProxy(first.port, [3000]);
  let onRefused: (() => void) | undefined;
  const refused = new Promise<void>((resolve) => (onRefused = resolve));
  let waits = 0;
  const events = connectAgentStream(`http://127.0.0.1:${proxy}/`, {
    retry,
    onStateChange: (state) => {
      if (state.status === "waiting" && ++waits === 1) first.server.close();
      if (state.status === "waiting" && waits === 4) onRefused?.();
    },
  });
  const reading = (async () => {
    const read = [];
    for await (const { event } of events) if (event.type === "token") read.push(event.text);
    return read;
  })();
  await refused;
  const second = await startServer(first.port);
  closers.push(() => second.server.close());
  expect(await reading).toEqual(texts);
});
