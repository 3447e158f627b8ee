import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { getRequestListener, serve } from "@hono/node-server";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { streamAgent } from "../../src/interop/hono.ts";
import { agentEvent, agentStreamResponse, readAgentEvents } from "../../src/index.ts";

// What is left after a collection is what is held; anything else would measure the collector.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Tokens for ever, or `count` of them; says how many it made and whether it was stopped. */
function counter(count = Infinity) {
  const state = { made: 0 };
  let onStopped: (() => void) | undefined;
  const stopped = new Promise<void>((resolve) => (onStopped = resolve));
  async function* events() {
    try {
      while (state.made < count) {
        yield agentEvent.token(`token ${state.made++} of a very long turn`);
        // Leaves the event loop free, as a model would.
        if (state.made % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      yield agentEvent.done();
    } finally {
      onStopped?.();
    }
  }
  return { state, stopped, events };
}

const start = (fetch: (request: Request) => Response | Promise<Response>) =>
  listening(serve({ port: 0, hostname: "127.0.0.1", fetch }) as Server);

const servers: [
  string,
  (source: () => AsyncIterable<ReturnType<typeof agentEvent.done>>) => Promise<string>,
][] = [
  [
    "the plain response under @hono/node-server",
    (source) => start(() => agentStreamResponse(source())),
  ],
  [
    "streamAgent of a Hono app",
    (source) => start(new Hono().get("/", (c) => streamAgent(c, source())).fetch),
  ],
  [
    "a listener of node:http, as Express takes it",
    (source) => {
      const listener = getRequestListener(() => agentStreamResponse(source()));
      return listening(
        createServer((request, response) => void listener(request, response)).listen(
          0,
          "127.0.0.1",
        ),
      );
    },
  ],
  [
    "node:http with the body as a Node stream",
    (source) =>
      listening(
        createServer((_, outgoing) => {
          const response = agentStreamResponse(source());
          outgoing.writeHead(response.status, Object.fromEntries(response.headers));
          const body = Readable.fromWeb(response.body as never);
          outgoing.on("close", () => body.destroy());
          body.pipe(outgoing);
        }).listen(0, "127.0.0.1"),
      ),
  ],
];

describe.each(servers)("%s", (_, serveEvents) => {
  test("delivers every event", async () => {
    const { events } = counter(5000);
    const response = await fetch(await serveEvents(events as never));
    let tokens = 0;
    for await (const { event } of readAgentEvents(response)) if (event.type === "token") tokens++;
    expect(tokens).toBe(5000);
    expect(response.headers.get("x-accel-buffering")).toBe("no");
  });

  test("a client that leaves stops the source", async () => {
    const { events, stopped, state } = counter();
    const controller = new AbortController();
    const response = await fetch(await serveEvents(events as never), { signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    controller.abort();
    await stopped;
    const atStop = state.made;
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.made).toBe(atStop);
  });
});

test("a response sends its first bytes before its first event", async () => {
  const url = await start(() =>
    agentStreamResponse({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    }),
  );
  const response = await fetch(url);
  const { value } = await (response.body as ReadableStream<Uint8Array>).getReader().read();
  expect(new TextDecoder().decode(value)).toBe(":\n\n");
});

test("a client that does not read holds back the source, and memory stays flat over 1,000,000 events", async () => {
  const total = 1_000_000;
  const { events, state } = counter(total);
  const url = await start(() => agentStreamResponse(events()));
  const [incoming] = (await once(get(url), "response")) as [IncomingMessage];
  // Until the buffers of both sockets are full, and the source with them.
  let before = -1;
  while (state.made !== before || state.made === 0) {
    before = state.made;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(state.made).toBeLessThan(total / 4);
  const samples: number[] = [];
  let bytes = 0;
  let nextSample = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    if (state.made < nextSample) continue;
    nextSample += total / 10;
    collectGarbage();
    samples.push(process.memoryUsage().heapUsed);
  }
  expect(state.made).toBe(total);
  expect(bytes).toBeGreaterThan(50 * total);
  // 1,000,000 frames are 70 MB; without backpressure they would all be in memory together.
  const growth = Math.max(...samples) - Math.min(...samples);
  expect(growth).toBeLessThan(20 * 1024 * 1024);
});
