import { Hono } from "hono";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { expect, test } from "vitest";
import { streamAgent, type AgentStreamWriter } from "../../src/interop/hono.ts";
import { agentEvent, readAgentEvents } from "../../src/index.ts";
import { Feed } from "../support/feed.ts";

async function types(response: Response) {
  const read: string[] = [];
  for await (const { event } of readAgentEvents(response)) read.push(event.type);
  return read;
}

test("streamAgent responds with the events of a source", async () => {
  const app = new Hono();
  app.get("/", (c) => streamAgent(c, [agentEvent.token("a"), agentEvent.done()]));
  const response = await app.request("/");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await types(response)).toEqual(["token", "done"]);
});

test("every method of AgentStreamWriter writes its event", async () => {
  const app = new Hono();
  app.get("/", (c) =>
    streamAgent(c, async (writer) => {
      await writer.turn(1, 2);
      await writer.thinking("hm");
      await writer.toolUse("a", "1", "{}");
      await writer.progress("s", 1, "m", { n: 1 });
      await writer.toolResult("a", "1", { isError: true });
      await writer.creation("c", 1, { items: [1] });
      await writer.token("t");
      await writer.error("e", "m", { d: 1 });
      await writer.write({ event: { type: "mine", n: 1 }, id: "9" });
      await writer.done({ model: "m" });
    }),
  );
  const read = [];
  for await (const received of readAgentEvents(await app.request("/"))) read.push(received);
  expect(read.map(({ event }) => event)).toEqual([
    ...[agentEvent.turn(1, 2), agentEvent.thinking("hm"), agentEvent.toolUse("a", "1", "{}")],
    ...[
      agentEvent.progress("s", 1, "m", { n: 1 }),
      agentEvent.toolResult("a", "1", { isError: true }),
    ],
    ...[agentEvent.creation("c", 1, { items: [1] }), agentEvent.token("t")],
    ...[
      agentEvent.error("e", "m", { d: 1 }),
      { type: "mine", n: 1 },
      agentEvent.done({ model: "m" }),
    ],
  ]);
  expect(read.at(-1)?.id).toBe("9");
});

test("streamAgent keeps the headers of the context and its middleware, and the stream is not compressed", async () => {
  const app = new Hono();
  app.use(cors({ origin: "https://example.com" }), compress());
  app.get("/", (c) => {
    c.header("x-agent", "1");
    return streamAgent(c, [agentEvent.token("x".repeat(10_000)), agentEvent.done()], {
      headers: { "x-mine": "2" },
    });
  });
  const response = await app.request("/", {
    headers: { origin: "https://example.com", "accept-encoding": "gzip" },
  });
  expect(response.headers.get("x-agent")).toBe("1");
  expect(response.headers.get("x-mine")).toBe("2");
  expect(response.headers.get("access-control-allow-origin")).toBe("https://example.com");
  expect(response.headers.get("content-encoding")).toBeNull();
  expect(await types(response)).toEqual(["token", "done"]);
});

test.each([
  ["no options", undefined],
  ["an undefined signal", { signal: undefined }],
])("a Hono client that leaves stops the source, with %s", async (_, options) => {
  const feed = new Feed<never>();
  const app = new Hono();
  app.get("/", (c) => streamAgent(c, feed, options));
  const controller = new AbortController();
  const response = await app.request("/", { signal: controller.signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const end = reader.read();
  controller.abort();
  expect(await end).toEqual({ done: true, value: undefined });
  expect(feed.returned).toBe(1);
});

test("a Hono client that leaves stops a writer at its next write and fires its signal", async () => {
  const app = new Hono();
  let outcome: ((error: unknown) => void) | undefined;
  const stopped = new Promise((resolve) => (outcome = resolve));
  let written = 0;
  let signal: AbortSignal | undefined;
  const write = async (writer: AgentStreamWriter) => {
    signal = writer.signal;
    try {
      for (;;) {
        await writer.token("a");
        written++;
      }
    } catch (error) {
      outcome?.(error);
      throw error;
    }
  };
  app.get("/", (c) => streamAgent(c, write));
  const body = (await app.request("/")).body;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await reader.read();
  const before = written;
  await reader.cancel();
  expect(await stopped).toMatchObject({ name: "AbortError" });
  expect(signal?.aborted).toBe(true);
  expect(written - before).toBeLessThanOrEqual(1);
});

test("a writer function writes no faster than the client reads", async () => {
  const app = new Hono();
  let written = 0;
  app.get("/", (c) =>
    streamAgent(c, async (writer) => {
      for (let index = 0; index < 100_000; index++) {
        await writer.token("x".repeat(100));
        written++;
      }
    }),
  );
  const reader = ((await app.request("/")).body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await reader.read();
  for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
  // 16 KiB of frames of about 130 bytes, and one more.
  expect(written).toBeLessThan(200);
  await reader.cancel();
});

test("an exception in a writer function becomes an error event, and writes without await are harmless", async () => {
  const app = new Hono();
  const errors: unknown[] = [];
  app.get("/", (c) =>
    streamAgent(
      c,
      async (writer) => {
        void writer.token("a");
        void writer.token("b");
        await Promise.resolve();
        throw new Error("broken");
      },
      { onError: (error) => void errors.push(error) },
    ),
  );
  expect(await types(await app.request("/"))).toEqual(["token", "token", "error", "done"]);
  expect(errors).toEqual([new Error("broken")]);
});

test("an exception in a writer after its client left goes to onError, unless it is the signal's reason", async () => {
  const app = new Hono();
  const errors: unknown[] = [];
  let onReported: (() => void) | undefined;
  const reported = new Promise<void>((resolve) => (onReported = resolve));
  app.get("/:how", (c) =>
    streamAgent(
      c,
      async (writer) => {
        try {
          for (;;) await writer.token("a");
        } catch (error) {
          throw c.req.param("how") === "own" ? new Error("cannot clean up") : error;
        }
      },
      {
        onError: (error) => {
          errors.push(error);
          onReported?.();
          return undefined;
        },
      },
    ),
  );
  for (const path of ["/gone", "/own"]) {
    const reader = ((await app.request(path)).body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
  }
  await reported;
  expect(errors).toEqual([new Error("cannot clean up")]);
});
