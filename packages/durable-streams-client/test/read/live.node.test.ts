import { describe, expect, test, vi } from "vitest";
import { stream } from "../../src/index.ts";
import { closed, page, StubServer, upToDate } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 } };
const control = (fields: object) => `event: control\ndata: ${JSON.stringify(fields)}\n\n`;
const sse = { "content-type": "text/event-stream" };

describe.each(transports)("over %s", (_name, transport) => {
  const options = { ...quick, ...transport };

  test("immediate 204s without a new cursor are slowed down, then a ProtocolError", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      if (query.has("live")) {
        res.writeHead(204, { "stream-next-offset": "1", "stream-cursor": "7", ...upToDate }).end();
      } else page(res, [1], "1", upToDate);
    });
    const res = await stream(stub.url, { ...options, live: "long-poll" });
    const read = async () => {
      for await (const item of res.iterJson()) expect(item).toBe(1);
    };
    await expect(read()).rejects.toThrow(/Stream-Cursor/);
    expect(stub.requests.length).toBeLessThan(12);
    expect(stub.requests[2]?.query.toString()).toBe("cursor=7&live=long-poll&offset=1");
  });

  test("long-poll responses without a Stream-Cursor are read, with one warning", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      const at = Number(query.get("offset")?.replace("-1", "0"));
      page(res, [at], String(at + 1), at === 3 ? closed : upToDate);
    });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const seen: unknown[] = [];
    const res = await stream(stub.url, { ...options, live: "long-poll" });
    for await (const item of res.iterJson()) seen.push(item);
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/Stream-Cursor.*Access-Control-Expose-Headers/)],
    ]);
    warn.mockRestore();
  });

  test("immediate 204s without any cursor are slowed down, then a ProtocolError", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      if (query.has("live")) res.writeHead(204, { "stream-next-offset": "1" }).end();
      else page(res, [1], "1", upToDate);
    });
    const items = (await stream(stub.url, { ...options, live: "long-poll" })).iterJson();
    await items.next();
    await expect(items.next()).rejects.toThrow(/Stream-Cursor/);
    expect(stub.requests.length).toBeLessThan(12);
  });

  test("long-poll takes over when a proxy holds SSE back", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      const live = query.get("live");
      if (live === "sse") res.writeHead(200, sse).flushHeaders();
      else if (live) page(res, [2], "2", { ...closed, "stream-cursor": "1" });
      else page(res, [1], "1", upToDate);
    });
    const res = await stream(stub.url, { ...options, sseFirstEventMs: 50 });
    const seen: unknown[] = [];
    for await (const item of res.iterJson()) seen.push(item);
    expect(seen).toEqual([1, 2]);
    expect(stub.requests.map(({ query }) => query.get("live"))).toEqual([null, "sse", "long-poll"]);
  });

  test.each(["cut", "refused", "not SSE", "destroyed"])(
    "long-poll takes over when SSE is %s",
    async (how) => {
      await using stub = await StubServer.start(({ query }, res) => {
        const live = query.get("live");
        if (live === "sse") {
          if (how === "refused") res.writeHead(400).end();
          else if (how === "not SSE") res.writeHead(200, { "content-type": "text/html" }).end("hi");
          else if (how === "destroyed") res.socket?.destroy();
          else res.writeHead(200, sse).end();
        } else if (live) page(res, [2], "2", { ...closed, "stream-cursor": "1" });
        else page(res, [1], "1", upToDate);
      });
      const res = await stream(stub.url, { ...options, live: "sse" });
      const seen: unknown[] = [];
      for await (const item of res.iterJson()) seen.push(item);
      expect(seen).toEqual([1, 2]);
    },
  );

  test("SSE resumes at the last control event, and data without one is delivered once", async () => {
    await using stub = await StubServer.start(({ query }, res, index) => {
      if (index === 0) {
        page(res, [], "0", upToDate);
        return;
      }
      res.writeHead(200, sse);
      const offset = query.get("offset");
      if (index === 1) {
        res.write(
          `event: data\ndata: [1]\n\n${control({ streamNextOffset: "1", streamCursor: "a" })}`,
        );
        res.write(`event: data\ndata: [2]\n\n`, () => res.socket?.destroy());
      } else {
        expect([offset, query.get("cursor")]).toEqual(["1", "a"]);
        res.end(
          `event: data\ndata: [2]\n\n${control({ streamNextOffset: "2", streamClosed: true })}`,
        );
      }
    });
    const res = await stream(stub.url, options);
    const seen: unknown[] = [];
    for await (const event of res.iterEvents({ mode: "json" })) {
      seen.push([event.data, event.position, event.closed]);
    }
    expect(seen).toEqual([
      [1, "1", false],
      [2, "2", true],
    ]);
  });

  test("SSE data that makes no progress is delivered once", async () => {
    await using stub = await StubServer.start(({ query }, res, index) => {
      if (query.get("live") === "sse") {
        const next = index < 3 ? "1" : "2";
        res.writeHead(200, sse).write(`event: data\ndata: [2]\n\n`);
        res.write(control({ streamNextOffset: next, upToDate: true, streamClosed: next === "2" }));
      } else page(res, [1], "1", upToDate);
    });
    const seen: unknown[] = [];
    for await (const item of (await stream(stub.url, options)).iterJson()) seen.push(item);
    expect(seen).toEqual([1, 2]);
  });
});
