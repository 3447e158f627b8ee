import { describe, expect, test, vi } from "vitest";
import { DurableStream, IdempotentProducer } from "../../src/index.ts";
import { StubServer } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 }, contentType: "application/json" };

describe.each(transports)("over %s", (_name, transport) => {
  const handleOf = (stub: StubServer, options: object = {}) =>
    new DurableStream({ url: stub.url, ...quick, ...transport, ...options });

  /** Writes as fast as the stream allows, and counts the writes that it took. */
  const flood = (writable: WritableStream<unknown>, value: unknown) => {
    const writer = writable.getWriter();
    const state = { writer, taken: 0 };
    const write = async () => {
      for (;;) {
        await writer.ready;
        writer.write(value).then(
          () => state.taken++,
          () => undefined,
        );
      }
    };
    const ended = write().catch((error: unknown) => error);
    return Object.assign(state, { ended });
  };
  const sources = {
    "a handle": (handle: DurableStream, maxPendingBytes: number | undefined) =>
      handle.writable({ maxPendingBytes }),
    "a producer": (handle: DurableStream, maxPendingBytes: number | undefined) =>
      new IdempotentProducer(handle, "p", { maxPendingBytes, lingerMs: 3_600_000 }).writable(),
  };

  describe.each(Object.entries(sources))("writable() of %s", (_source, writableOf) => {
    test.each([
      ["application/json", "x".repeat(97), 1000, 10],
      ["text/plain", "é".repeat(50), 1000, 10],
      ["text/plain", new Uint8Array(1024 * 1024), undefined, 4],
    ])("waits while too many bytes wait: %s", async (contentType, value, maxBytes, most) => {
      await using stub = await StubServer.start(() => undefined);
      const flooding = flood(writableOf(handleOf(stub, { contentType }), maxBytes), value);
      await vi.waitUntil(() => stub.openResponses === 1 && flooding.taken > 0);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(flooding.taken).toBeLessThanOrEqual(most);
      expect(flooding.taken).toBeGreaterThan(most - 3);
      const enough = new Error("enough");
      await flooding.writer.abort(enough);
      expect(await flooding.ended).toBe(enough);
      // What is in flight ends as well.
      await vi.waitUntil(() => stub.openResponses === 0);
    });

    test("waits before the content type is known, too", async () => {
      await using stub = await StubServer.start(() => undefined);
      const flooding = flood(writableOf(handleOf(stub, { contentType: undefined }), 1000), {
        text: "x".repeat(90),
      });
      await vi.waitUntil(() => stub.openResponses === 1);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(flooding.taken).toBeLessThan(10);
      await flooding.writer.abort(new Error("enough"));
      await flooding.ended;
    });

    test("stores every value once when responses are lost", async () => {
      const batches = new Map<string, string>();
      await using stub = await StubServer.start(({ headers, body }, res, index) => {
        const seq = String(headers["producer-seq"]);
        const key = `${String(headers["producer-epoch"])}.${seq}`;
        const status = batches.has(key) ? 204 : 200;
        batches.set(key, batches.get(key) ?? body);
        if (index % 2 === 0) res.socket?.destroy();
        else res.writeHead(status, { "stream-next-offset": "9", "producer-seq": seq }).end();
      });
      const writer = writableOf(handleOf(stub), 10).getWriter();
      const values = Array.from({ length: 20 }, (_, n) => `value ${n}`);
      for (const value of values) await writer.write(value);
      await writer.close();
      const stored = [...batches.values()].flatMap((body) => JSON.parse(body || "[]") as unknown[]);
      expect(stored).toEqual(values);
      expect(stub.requests.some(({ headers }) => headers["stream-closed"])).toBe(false);
    });
  });

  test("writable errors with the first append that fails", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(404).end();
    });
    const source = new ReadableStream({
      pull(controller) {
        controller.enqueue(1);
      },
    });
    await expect(source.pipeTo(handleOf(stub).writable())).rejects.toMatchObject({ status: 404 });
  });
});
