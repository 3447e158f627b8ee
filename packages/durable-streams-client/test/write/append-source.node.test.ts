import { describe, expect, test, vi } from "vitest";
import { DurableStream } from "../../src/index.ts";
import { StubServer } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 }, contentType: "application/json" };
const stored = { "stream-next-offset": "1" };

describe.each(transports)("over %s", (_name, transport) => {
  const handleOf = (stub: StubServer, options: object = {}) =>
    new DurableStream({ url: stub.url, ...quick, ...transport, ...options });

  test("appendStream sends one request and does not repeat a consumed source", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 1 || index === 2) res.writeHead(429).end();
      else res.writeHead(204, stored).end();
    });
    const values = function* () {
      yield { n: 1 };
      yield [2];
    };
    const handle = handleOf(stub);
    expect(await handle.appendStream(values())).toEqual({ nextOffset: "1" });
    await expect(handle.appendStream(values())).rejects.toMatchObject({ status: 429 });
    await handle.appendStream(values); // a function returns a new source
    expect(stub.requests.map(({ body }) => body)).toEqual(Array(4).fill('[{"n":1},[2]]'));
  });

  test("appendStream rejects with the source's error, and an abort ends the source", async () => {
    await using stub = await StubServer.start(() => undefined);
    const handle = handleOf(stub);
    async function* failing() {
      yield await Promise.resolve(1);
      throw new Error("the source broke");
    }
    await expect(handle.appendStream(failing())).rejects.toThrow(/source broke/);
    let isLeft = false;
    async function* endless() {
      try {
        for (;;) yield await new Promise((resolve) => setImmediate(resolve, "x".repeat(1000)));
      } finally {
        isLeft = true;
      }
    }
    const controller = new AbortController();
    const failed = handle.appendStream(endless(), { signal: controller.signal });
    failed.catch(() => undefined);
    await vi.waitUntil(() => stub.openResponses > 0);
    controller.abort(new Error("enough"));
    await expect(failed).rejects.toThrow("enough");
    await vi.waitUntil(() => isLeft);
  });
});

test("appendStream sends nothing where the platform makes a string of a stream", async () => {
  await using stub = await StubServer.start((_request, res) => {
    res.writeHead(204, stored).end();
  });
  // As in a browser without upload streams.
  class StringRequest extends Request {
    constructor(input: string, init: RequestInit) {
      super(input, { ...init, body: "[object ReadableStream]" });
    }
  }
  vi.stubGlobal("Request", StringRequest);
  try {
    const options = {
      url: stub.url,
      ...quick,
      fetch: (...args: Parameters<typeof fetch>) => fetch(...args),
    };
    const failed = new DurableStream(options).appendStream([1]);
    await expect(failed).rejects.toMatchObject({ unsent: true, maybeStored: false });
    await expect(failed).rejects.toThrow(/Use writable/);
    expect(stub.requests).toEqual([]);
  } finally {
    vi.unstubAllGlobals();
  }
});
