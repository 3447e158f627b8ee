import { Agent } from "undici";
import { expect, test, vi } from "vitest";
import { DurableStream, FetchError, stream } from "../../src/index.ts";
import { closed, page, StubServer } from "../support/stub-server.ts";

test("the caller's dispatcher sends all requests", async () => {
  await using stub = await StubServer.start((request, res) => {
    if (request.method === "GET") page(res, [1], "1", closed);
    else res.writeHead(204, { "stream-next-offset": "1" }).end();
  });
  const agent = new Agent();
  const methods: unknown[] = [];
  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    methods.push(options.method);
    return dispatch(options, handler);
  });
  const handle = new DurableStream({ url: stub.url, contentType: "application/json", dispatcher });
  await handle.append(1);
  expect(await (await handle.stream()).readJson()).toEqual([1]);
  expect(methods).toEqual(["POST", "GET"]);
  await agent.close();
});

test("no compression is requested by default, and an unknown one is a FetchError", async () => {
  await using stub = await StubServer.start((request, res) => {
    expect(request.headers["accept-encoding"]).toBe("identity");
    page(res, [], "1", { ...closed, "content-encoding": "br" });
  });
  const failed = stream(stub.url, { retry: { maxRetries: 0 } });
  await expect(failed).rejects.toThrow(FetchError);
  await expect(failed).rejects.toThrow(/br/);
});

test("a slow reader slows the server down", async () => {
  const total = 64 * 1024 * 1024;
  let sent = 0;
  await using stub = await StubServer.start((_request, res) => {
    res.writeHead(200, { "content-type": "text/plain", "stream-next-offset": "1", ...closed });
    const chunk = Buffer.alloc(64 * 1024, "x");
    const write = () => {
      while (sent < total) {
        sent += chunk.length;
        if (!res.write(chunk)) {
          res.once("drain", write);
          return;
        }
      }
      res.end();
    };
    write();
  });
  const res = await stream(stub.url);
  const chunks = res[Symbol.asyncIterator]();
  const first = await chunks.next();
  let received = first.done ? 0 : first.value.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sent).toBeLessThan(total / 2);
  for await (const chunk of chunks) received += chunk.length;
  expect(received).toBe(total);
});

test.each(["while it is read", "before its headers", "before its connection"])(
  "a request that is cancelled %s leaves no idle connection",
  async (when) => {
    await using stub = await StubServer.start((_request, res) => {
      if (when !== "while it is read") return;
      res.writeHead(200, { "content-type": "text/plain", "stream-next-offset": "1" }).write("a");
    });
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const reads = controllers.map(async ({ signal }) => {
      const res = await stream(stub.url, { signal });
      return res.readText();
    });
    const ended = Promise.allSettled(reads);
    if (when === "before its connection") {
      // The requests are dispatched, and no event of a socket comes in between.
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    } else await vi.waitUntil(() => stub.openResponses === controllers.length);
    for (const controller of controllers) controller.abort();
    await ended;
    await vi.waitUntil(() => stub.openConnections === 0);
    // One that undici makes in place of an aborted one comes before this one's response.
    const next = stream(stub.url, { retry: false, timeoutMs: 200 });
    await (when === "while it is read"
      ? next.then((res) => {
          res.cancel();
        })
      : expect(next).rejects.toThrow(/200 ms/));
    await vi.waitUntil(() => stub.openConnections === 0);
    expect(stub.connections).toBeLessThanOrEqual(controllers.length + 1);
  },
);

test("a request that got no connection rejects with unsent: true", async () => {
  const dispatcher = new Agent({ connect: () => undefined });
  const url = "http://127.0.0.1:9/stream";
  const retry = { initialDelayMs: 1, maxRetries: 1 };
  const options = { url, contentType: "text/plain", dispatcher, timeoutMs: 20, retry };
  const failed = new DurableStream(options).append("x");
  await expect(failed).rejects.toMatchObject({ code: "TIMEOUT", unsent: true, maybeStored: false });
  await dispatcher.destroy();
});
