import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { EventSource as NpmEventSource } from "eventsource";
import { chromium } from "playwright-core";
import { EventSource as UndiciEventSource } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  MemoryEventStore,
  agentEvent,
  agentStreamResponse,
  lastEventIdOf,
  resumableResponse,
} from "../src/index.ts";

const events = [
  agentEvent.turn(1),
  agentEvent.token("Grüße,\n"),
  agentEvent.thinking("\u2028"),
  agentEvent.error("overloaded", "Try later."),
  agentEvent.done(),
];

let server: Server;
let url: string;
let requests: (string | undefined)[];
beforeEach(async () => {
  requests = [];
  const store = new MemoryEventStore();
  await store.append("s", ...events);
  await store.close("s");
  const fetch = async (request: Request) => {
    if (new URL(request.url).pathname !== "/events") {
      return new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    }
    const lastEventId = lastEventIdOf(request);
    requests.push(lastEventId);
    const stored = await store.readAfter("s", lastEventId);
    if (stored.isAtEnd) return resumableResponse(request, store, "s");
    // Two events a connection; then the client has to come back for more.
    async function* two() {
      let count = 0;
      for await (const event of stored) {
        yield event;
        if (++count === 2) return;
      }
    }
    return agentStreamResponse(two(), { retryMs: 10 });
  };
  server = serve({ port: 0, hostname: "127.0.0.1", fetch }) as Server;
  if (!server.listening) await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs wherever there is an EventSource; it must not use anything from outside. */
function readWith(Source: typeof EventSource, from: string, types: string[]) {
  return new Promise<{ events: [string, unknown][]; transportErrors: number }>((resolve) => {
    const read: [string, unknown][] = [];
    let transportErrors = 0;
    const source = new Source(from);
    for (const type of types) {
      source.addEventListener(type, (event) => {
        // The agent's `error` is a message with data; the transport's own is not.
        if ("data" in event && typeof event.data === "string") {
          read.push([type, JSON.parse(event.data)]);
          return;
        }
        transportErrors++;
        // 204: it will not come back.
        if (source.readyState === 2) resolve({ events: read, transportErrors });
      });
    }
  });
}

const types = ["turn", "token", "thinking", "error", "done"];
const expected = events.map(({ type, ...data }) => [type, data]);

function expectWhole(result: Awaited<ReturnType<typeof readWith>>) {
  expect(result.events).toEqual(expected);
  // Two connections ended, one was cut short by its last event, and the 204 is the last word.
  expect(result.transportErrors).toBe(4);
  expect(requests).toHaveLength(4);
  expect(requests.map((id) => id?.split("-")[1])).toEqual([undefined, "1", "3", "4"]);
}

test("the browser's own EventSource reads and resumes a response", async () => {
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-quic"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    const script = `(${readWith.toString()})(EventSource, "/events", ${JSON.stringify(types)})`;
    expectWhole(await page.evaluate(script));
  } finally {
    await browser.close();
  }
});

test("the npm package eventsource reads and resumes a response", async () => {
  expectWhole(await readWith(NpmEventSource, `${url}events`, types));
});

test("the EventSource of undici reads and resumes a response", async () => {
  expectWhole(await readWith(UndiciEventSource as never, `${url}events`, types));
});
