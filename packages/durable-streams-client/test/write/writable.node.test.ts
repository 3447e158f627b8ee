import { describe, expect, test, vi } from "vitest";
import { DurableStream } from "../../src/index.ts";
import { StubServer } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 }, contentType: "application/json" };

describe.each(transports)("over %s", (_name, transport) => {
  const handleOf = (stub: StubServer, options: object = {}) =>
    new DurableStream({ url: stub.url, ...quick, ...transport, ...options });

  test("writable waits at maxInFlight values while the server does not respond", async () => {
    await using stub = await StubServer.start(() => undefined);
    const writer = handleOf(stub).writable({ maxInFlight: 10 }).getWriter();
    let taken = 0;
    const write = async () => {
      for (;;) {
        await writer.ready;
        writer.write("x").then(
          () => taken++,
          () => undefined,
        );
      }
    };
    const writing = write().catch(() => undefined);
    await vi.waitUntil(() => stub.requests.length === 1);
    expect(taken).toBeLessThanOrEqual(10);
    await writer.abort(new Error("enough"));
    await writing;
  });

  test("writable waits at a few MiB while the server does not respond", async () => {
    await using stub = await StubServer.start(() => undefined);
    const writer = handleOf(stub, { contentType: "text/plain" }).writable().getWriter();
    const chunk = new Uint8Array(1024 * 1024);
    let taken = 0;
    const write = async () => {
      for (;;) {
        await writer.ready;
        writer.write(chunk).then(
          () => taken++,
          () => undefined,
        );
      }
    };
    const writing = write().catch(() => undefined);
    await vi.waitUntil(() => stub.openResponses === 1 && taken > 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken).toBeLessThan(16);
    await writer.abort(new Error("enough"));
    await writing;
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
