import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import {
  DurableStream,
  FetchError,
  InvalidOptionError,
  ParseError,
  ProtocolError,
  RetentionGoneError,
  stream,
  StreamConsumedError,
  StreamNotFoundError,
} from "../../src/index.ts";
import { closed, page, StubServer, upToDate } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { backoff: { initialDelayMs: 1, maxDelayMs: 5 } };
const control = (fields: object) => `event: control\ndata: ${JSON.stringify(fields)}\n\n`;
const sse = { "content-type": "text/event-stream" };

describe.each(transports)("over %s", (_name, transport) => {
  const options = { ...quick, ...transport };

  test("follows pages until up to date, with sorted parameters", async () => {
    await using stub = await StubServer.start((request, res) => {
      const at = Number(request.query.get("offset")?.replace("-1", "0"));
      page(res, [at, at + 1], String(at + 2), at === 4 ? upToDate : {});
    });
    const params = { z: "1", a: () => Promise.resolve("2") };
    const res = await stream(stub.url, { live: false, params, ...options });
    expect(await res.readJson()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(res).toMatchObject({ offset: "6", upToDate: true, closed: false });
    expect(stub.requests.map(({ query }) => query.toString())[0]).toBe("a=2&offset=-1&z=1");
    expect(stub.requests.length).toBe(3);
  });

  test.each([
    ["?", ["offset=-1"]],
    ["?tag=b&tag=a&b=1", ["b=1", "offset=-1", "tag=b", "tag=a"]],
    ["?z=%26&token=old", ["offset=-1", "token=new", "z=%26"]],
  ])("the URL's own query %s is kept", async (query, expected) => {
    const asked: string[] = [];
    await using stub = await StubServer.start((request, res) => {
      asked.push(request.search);
      page(res, [], "0", closed);
    });
    const params = query.includes("token") ? { token: "new" } : {};
    await stream(stub.url + query, { ...options, params });
    expect(asked).toEqual([`?${expected.join("&")}`]);
  });

  test("a page boundary inside a character: text whole, positions before it", async () => {
    const bytes = new TextEncoder().encode("a🙂b");
    const serve = async (offset: string | undefined) => {
      await using stub = await StubServer.start((request, res) => {
        const at = Number(request.query.get("offset")?.replace("-1", "0"));
        const isLast = at + 1 >= bytes.length;
        const headers = { "content-type": "text/plain", "stream-next-offset": String(at + 1) };
        res.writeHead(200, isLast ? { ...headers, ...closed } : headers);
        res.end(bytes.subarray(at, at + 1));
      });
      const seen: [string, string][] = [];
      const res = await stream(stub.url, { ...options, offset: offset ?? "-1" });
      for await (const event of res.iterEvents({ mode: "text" })) {
        seen.push([event.data, event.position]);
      }
      expect(res.closed).toBe(true);
      return seen;
    };
    const seen = await serve(undefined);
    expect(seen.map(([text]) => text).join("")).toBe("a🙂b");
    for (let index = 0; index < seen.length; index++) {
      const rest = await serve(seen[index]?.[1]);
      const given = seen
        .slice(0, index + 1)
        .map(([text]) => text)
        .join("");
      expect(given + rest.map(([text]) => text).join("")).toBe("a🙂b");
    }
  });

  test("150,000 items in one answer; then again one by one, leaving in the middle", async () => {
    const items = Array.from({ length: 150_000 }, (_, n) => n);
    await using stub = await StubServer.start((_request, res) => {
      page(res, items, "9", closed);
    });
    const all = await (await stream(stub.url, options)).readJson();
    expect(all.length).toBe(150_000);
    const res = await stream(stub.url, options);
    let count = 0;
    for await (const item of res.iterJson()) {
      expect(item).toBe(count++);
      if (count === 100_000) break;
    }
    expect(res.offset).toBe("-1,100000");
    expect(res).toMatchObject({ upToDate: false, closed: false });
    const rest = await stream<number>(stub.url, { ...options, offset: res.offset });
    expect((await rest.readJson())[0]).toBe(100_000);
  });

  test("404 and 410 are told at once, in their classes", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      res.writeHead(query.get("offset") === "-1" ? 404 : 410).end();
    });
    await expect(stream(stub.url, options)).rejects.toThrow(StreamNotFoundError);
    const gone = stream(stub.url, { ...options, offset: "1" });
    await expect(gone).rejects.toThrow(RetentionGoneError);
    expect(stub.requests.length).toBe(2);
  });

  test("retries 429 and 5xx, no sooner than Retry-After says, and gives up when told", async () => {
    const times: number[] = [];
    await using stub = await StubServer.start((_request, res, index) => {
      times.push(performance.now());
      if (index === 0) res.writeHead(429, { "retry-after": "1" }).end();
      else if (index === 1) res.writeHead(503).end();
      else page(res, [1], "1", closed);
    });
    expect(await (await stream(stub.url, options)).readJson()).toEqual([1]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);

    await using broken = await StubServer.start((_request, res) => {
      res.writeHead(500).end("out of order");
    });
    const backoff = { ...quick.backoff, maxRetries: 2 };
    const failed = stream(broken.url, { ...options, backoff });
    await expect(failed).rejects.toThrow(/500: out of order/);
    await expect(failed).rejects.toMatchObject({ name: "FetchError", status: 500 });
    expect(broken.requests.length).toBe(3);
  });

  test("an answer without protocol headers is asked for a few times, then told", async () => {
    await using portal = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json" }).end("[1]");
    });
    const failed = stream(portal.url, options);
    await expect(failed).rejects.toThrow(ProtocolError);
    await expect(failed).rejects.toThrow(`${portal.url}?offset=-1 has no Stream-Next-Offset`);
    expect(portal.requests.length).toBe(6);
  });

  test("a durable stream whose header was stripped is told at once", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", ...upToDate }).end("[1]");
    });
    await expect(stream(stub.url, options)).rejects.toThrow(/Stream-Next-Offset/);
    expect(stub.requests.length).toBe(1);
  });

  test.each<[string, Record<string, string>]>([
    ["that does not advance", { "stream-next-offset": "5" }],
    ["that leads back", { "stream-next-offset": "3" }],
  ])("a stale answer %s gives no data twice and ends in a ProtocolError", async (_, headers) => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) page(res, ["once"], "5");
      else page(res, ["again"], headers["stream-next-offset"] ?? "");
    });
    const seen: unknown[] = [];
    const res = await stream(stub.url, options);
    await expect(
      (async () => {
        for await (const item of res.iterJson()) seen.push(item);
      })(),
    ).rejects.toThrow(ProtocolError);
    expect(seen).toEqual(["once"]);
    expect(res.offset).toBe("5");
    expect(stub.requests.length).toBeLessThan(10);
  });

  test("a 304 that was not asked for is not retried for ever", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(304).end();
    });
    await expect(stream(stub.url, options)).rejects.toThrow(/304/);
    expect(stub.requests.length).toBe(6);
  });

  test("with an ETag, a 304 says that nothing has changed", async () => {
    await using stub = await StubServer.start((request, res) => {
      if (request.headers["if-none-match"] === '"v1"') res.writeHead(304).end();
      else page(res, [1], "1", { ...upToDate, etag: '"v1"' });
    });
    const first = await stream(stub.url, { ...options, live: false });
    expect(await first.readJson()).toEqual([1]);
    expect(first).toMatchObject({ etag: '"v1"', notModified: false });
    const etag = first.etag;
    const second = await stream(stub.url, { ...options, live: false, etag });
    expect(await second.readJson()).toEqual([]);
    expect(second).toMatchObject({ notModified: true, upToDate: true, offset: "-1" });
  });

  test("only the first request asks whether the data has changed", async () => {
    await using stub = await StubServer.start(({ query, headers }, res) => {
      if (headers["if-none-match"] === '"old"' && query.get("offset") !== "-1") {
        res.writeHead(304, { etag: '"old"' }).end();
      } else
        page(
          res,
          [1],
          query.get("offset") === "-1" ? "1" : "2",
          query.get("offset") === "-1" ? {} : closed,
        );
    });
    const res = await stream(stub.url, { ...options, live: false, etag: '"old"' });
    expect(await res.readJson()).toEqual([1, 1]);
    expect(res.notModified).toBe(false);
  });

  test("a storm of 204s is slowed down, then told", async () => {
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

  test("SSE that a proxy holds back gives way to long-poll", async () => {
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
    "SSE that is %s gives way too",
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

  test("SSE resumes at the last control event; data without one comes once", async () => {
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

  test("SSE data that leads nowhere is not given again and again", async () => {
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

  test("a wait that a timer cannot hold is as long as it can", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      if (query.get("offset") === "9") res.writeHead(503, { "retry-after": "99999999" }).end();
      else setTimeout(() => page(res, [1], "1", closed), 50);
    });
    const patient = { timeoutMs: Infinity, liveTimeoutMs: Infinity, sseFirstEventMs: Infinity };
    const res = await stream(stub.url, { ...options, ...patient });
    expect(await res.readJson()).toEqual([1]);
    const controller = new AbortController();
    const waiting = stream(stub.url, { ...options, offset: "9", signal: controller.signal });
    setTimeout(() => {
      controller.abort(controller);
    }, 50);
    await expect(waiting).rejects.toBe(controller);
    expect(stub.requests.length).toBe(2);
  });

  test("a signal that is aborted already sends nothing; one that aborts ends waits at once", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      if (query.get("offset") === "9") res.writeHead(503).end();
      else if (!query.has("live")) page(res, [1], "1", upToDate);
    });
    const reason = new Error("no longer needed");
    const aborted = AbortSignal.abort(reason);
    await expect(stream(stub.url, { ...options, signal: aborted })).rejects.toBe(reason);
    expect(stub.requests.length).toBe(0);

    // while it waits for live data
    const live = new AbortController();
    const res = await stream(stub.url, { ...options, signal: live.signal });
    const items = res.iterJson();
    await items.next();
    const pending = items.next();
    setTimeout(() => {
      live.abort(reason);
    }, 20);
    await expect(pending).rejects.toBe(reason);
    expect(getEventListeners(live.signal, "abort").length).toBe(0);

    // while it backs off
    const late = new AbortController();
    const backoff = { initialDelayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
    const slow = stream(stub.url, { ...transport, offset: "9", backoff, signal: late.signal });
    setTimeout(() => {
      late.abort(reason);
    }, 20);
    await expect(slow).rejects.toBe(reason);
    expect(getEventListeners(late.signal, "abort").length).toBe(0);
  });

  test("an abort does not wait for a header function or for onError", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(401).end();
    });
    const never = () => new Promise<never>(() => undefined);
    for (const hanging of [
      { headers: { a: never } },
      { params: { a: never } },
      { onError: never },
    ]) {
      const controller = new AbortController();
      const waiting = stream(stub.url, { ...options, ...hanging, signal: controller.signal });
      setTimeout(() => {
        controller.abort(controller);
      }, 20);
      await expect(waiting).rejects.toBe(controller);
      expect(getEventListeners(controller.signal, "abort").length).toBe(0);
    }
  });

  test("an aborted signal leaves no listener on the others", async () => {
    await using stub = await StubServer.start(() => undefined);
    const own = new AbortController();
    const handle = new DurableStream({ url: stub.url, ...options, signal: own.signal });
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(handle.head({ signal })).rejects.toBe(signal.reason);
    await expect(handle.stream({ signal })).rejects.toBe(signal.reason);
    expect(getEventListeners(own.signal, "abort").length).toBe(0);
  });

  test.each(["abort", "cancel"])("%s ends a batch in its middle", async (how) => {
    await using stub = await StubServer.start((_request, res) => {
      page(res, [1, 2, 3], "1", closed);
    });
    const controller = new AbortController();
    const res = await stream<number>(stub.url, { ...options, signal: controller.signal });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of res.iterJson()) {
        seen.push(item);
        if (item === 2 && how === "abort") controller.abort(controller);
        if (item === 2 && how === "cancel") res.cancel();
      }
    })();
    if (how === "abort") await expect(reading).rejects.toBe(controller);
    else await reading;
    expect(seen).toEqual([1, 2]);
    expect(res.offset).toBe("-1,2");
    expect(res.closed).toBe(false);
  });

  test("what is cancelled is no short answer", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "1" });
      res.write("[1,");
    });
    const res = await stream(stub.url, options);
    const reading = res.readJson();
    reading.catch(() => undefined);
    const reason = new Error("another page");
    setTimeout(() => {
      res.cancel(reason);
    }, 20);
    await expect(reading).rejects.toBe(reason);
    const other = await stream(stub.url, options);
    const bytes = other.readBytes();
    other.cancel();
    await expect(bytes).rejects.toMatchObject({ name: "AbortError" });
  });

  test("the handle's signal and the call's signal both end a read", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      if (!query.has("live")) page(res, [1], "1", upToDate);
    });
    for (const who of [0, 1]) {
      const controllers = [new AbortController(), new AbortController()];
      const [own, call] = controllers.map(({ signal }) => signal);
      const handle = new DurableStream({ url: stub.url, signal: own, ...options });
      const items = (await handle.stream({ signal: call })).iterJson();
      await items.next();
      const pending = items.next();
      pending.catch(() => undefined);
      await vi.waitUntil(() => stub.openAnswers === 1);
      const reason = new Error("enough");
      controllers[who]?.abort(reason);
      await expect(pending).rejects.toBe(reason);
      await vi.waitUntil(() => stub.openAnswers === 0);
    }
  });

  test("onError may bring new headers, in the middle of a session too", async () => {
    await using stub = await StubServer.start(({ headers }, res, index) => {
      const token = index < 3 ? "one" : "two";
      if (headers.authorization !== token) res.writeHead(401).end();
      else page(res, [index], String(index), index > 4 ? closed : {});
    });
    const errors: unknown[] = [];
    const res = await stream(stub.url, {
      ...options,
      headers: { Authorization: "old" },
      onError: (error) => {
        errors.push(error.status);
        return { headers: { authorization: errors.length === 1 ? "one" : "two" } };
      },
    });
    expect(await res.readJson()).toEqual([1, 2, 4, 5]);
    expect(errors).toEqual([401, 401]);
    for (const nothing of [undefined, null]) {
      const none = stream(stub.url, { ...options, onError: () => nothing as undefined });
      await expect(none).rejects.toMatchObject({ status: 401 });
    }
  });

  test("a long silence ends a request, and it is made anew", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 1) {
        res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "9" });
        res.write("[1,2,");
      } else if (index > 1) page(res, [1, 2, 3], "9", closed);
    });
    const res = await stream(stub.url, { ...options, timeoutMs: 100 });
    expect(await res.readJson()).toEqual([1, 2, 3]);
    expect(stub.requests.length).toBe(3);
  });

  test("follows redirects, without credentials to another host", async () => {
    await using target = await StubServer.start(({ headers }, res) => {
      page(res, [headers.authorization ?? "none"], "1", closed);
    });
    await using stub = await StubServer.start((request, res) => {
      res.writeHead(307, { location: `${target.url}?${request.query}` }).end();
    });
    const headers = { authorization: "secret" };
    expect(await (await stream(stub.url, { ...options, headers })).readJson()).toEqual(["none"]);
  });

  test("gzip where it is asked for", async () => {
    const { gzipSync } = await import("node:zlib");
    await using stub = await StubServer.start((request, res) => {
      expect(request.headers["accept-encoding"]).toBe("gzip");
      const headers = { "content-encoding": "gzip", "content-type": "application/json" };
      res.writeHead(200, { ...headers, "stream-next-offset": "1", ...closed });
      res.end(gzipSync('["small"]'));
    });
    const headers = { "accept-encoding": "gzip" };
    expect(await (await stream(stub.url, { ...options, headers })).readJson()).toEqual(["small"]);
  });

  test("the schema: items before a bad one come, then it is told with its position", async () => {
    await using stub = await StubServer.start((_request, res) => {
      page(res, [{ n: "1" }, { n: "2" }, { m: 3 }, { n: "4" }], "4", closed);
    });
    const schema = z.object({ n: z.coerce.number() });
    const res = await stream(stub.url, { ...options, schema });
    const seen: number[] = [];
    const read = async () => {
      for await (const { n } of res.iterJson()) seen.push(n);
    };
    const failed = read();
    await expect(failed).rejects.toThrow(ParseError);
    await expect(failed).rejects.toMatchObject({
      code: "INVALID_ITEM",
      position: "-1,2",
      nextPosition: "-1,3",
      item: { m: 3 },
    });
    expect(seen).toEqual([1, 2]);
    const rest = await stream(stub.url, { ...options, schema, offset: "-1,3" });
    expect(await rest.readJson()).toEqual([{ n: 4 }]);
  });

  test("garbage in a page is a ParseError that says where", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "1" });
      res.end("[1,2,XY]");
    });
    const failed = (await stream(stub.url, options)).readJson();
    await expect(failed).rejects.toMatchObject({ code: "PARSE_ERROR", position: "-1" });
  });

  test("is read once", async () => {
    await using stub = await StubServer.start((_request, res) => {
      page(res, [1], "1", closed);
    });
    const res = await stream(stub.url, options);
    expect(await res.readJson()).toEqual([1]);
    expect(() => res.iterJson()).toThrow(StreamConsumedError);
    await expect(res.readText()).rejects.toThrow(StreamConsumedError);
  });

  test("a position past the end is told", async () => {
    await using stub = await StubServer.start((_request, res) => {
      page(res, [1], "1", upToDate);
    });
    const res = await stream(stub.url, { ...options, offset: "-1,5", live: false });
    await expect(res.readJson()).rejects.toThrow(/4 beyond the end/);
  });

  test("calls of next() that do not wait for each other give the items in order", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      const at = Number(query.get("offset")?.replace("-1", "0"));
      page(res, [at, at + 1], String(at + 2), at === 4 ? closed : {});
    });
    const items = (await stream(stub.url, options)).iterJson();
    const results = await Promise.all(Array.from({ length: 8 }, () => items.next()));
    expect(results.map(({ value }) => value as unknown)).toEqual([
      0,
      1,
      2,
      3,
      4,
      5,
      undefined,
      undefined,
    ]);
  });

  test.each(["cancel", "break", "abort", "stream"])(
    "after %s no answer is left open, no listener, no timer",
    async (how) => {
      await using stub = await StubServer.start(({ query }, res) => {
        if (query.has("live")) {
          res.writeHead(200, sse).write(control({ streamNextOffset: "1", upToDate: true }));
        } else page(res, [1], "1", upToDate);
      });
      const controller = new AbortController();
      const timers = () =>
        process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
      const before = timers();
      const res = await stream(stub.url, { ...options, signal: controller.signal });
      if (how === "stream") {
        const reader = res.jsonStream().getReader();
        await reader.read();
        void reader.read().catch(() => undefined);
        await vi.waitUntil(() => stub.requests.length === 2);
        await reader.cancel();
      } else {
        const items = res.iterJson();
        await items.next();
        const next = items.next();
        next.catch(() => undefined);
        await vi.waitUntil(() => stub.requests.length === 2);
        if (how === "cancel") res.cancel();
        else if (how === "break") void items.return?.();
        else controller.abort();
        if (how !== "abort") expect(await next).toEqual({ done: true, value: undefined });
      }
      // The live answer has no end: it can only be broken off.
      await vi.waitUntil(() => stub.openAnswers === 0);
      expect(getEventListeners(controller.signal, "abort").length).toBe(0);
      await vi.waitUntil(() => timers() <= before + 1); // waitUntil has one of its own
    },
  );

  test("a response that nobody reads lets go of its page when it is cancelled", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "1" });
      res.write("[1,");
    });
    const res = await stream(stub.url, options);
    expect(stub.openAnswers).toBe(1);
    res.cancel();
    await vi.waitUntil(() => stub.openAnswers === 0);
    const other = await stream(stub.url, options);
    await other.bodyStream().cancel();
    await vi.waitUntil(() => stub.openAnswers === 0);
  });
});

test.each<[string, string | URL, object, RegExp]>([
  ["a relative URL", "/stream", {}, /absolute/],
  ["another protocol", "ftp://host/x", {}, /https/],
  ["an empty offset", "http://localhost/x", { offset: "" }, /offset/],
  ["an offset of a query", "http://localhost/x", { offset: "1&live=sse" }, /offset/],
  ["a reserved parameter", "http://localhost/x", { params: { live: "sse" } }, /params.live/],
  ["a reserved parameter in the URL", "http://localhost/x?live=sse", {}, /live/],
  ["a header that HTTP cannot carry", "http://localhost/x", { headers: { a: "b\n" } }, /header a/],
  ["a header's name", "http://localhost/x", { headers: { "a b": "" } }, /header a b/],
  ["an unknown mode", "http://localhost/x", { live: true }, /live/],
  ["an etag while live", "http://localhost/x", { etag: "1" }, /live: false/],
  ["maxRetries", "http://localhost/x", { backoff: { maxRetries: -1 } }, /maxRetries/],
  [
    "maxDelayMs",
    "http://localhost/x",
    { backoff: { initialDelayMs: 9, maxDelayMs: 8 } },
    /maxDelay/,
  ],
  ["multiplier", "http://localhost/x", { backoff: { multiplier: 0.5 } }, /multiplier/],
  ["timeoutMs", "http://localhost/x", { timeoutMs: 0 }, /timeoutMs/],
])("refuses %s before anything is sent", async (_name, url, options, message) => {
  const failed = stream(url, options);
  await expect(failed).rejects.toThrow(InvalidOptionError);
  await expect(failed).rejects.toThrow(message);
});

test("warns once for each host that is not encrypted", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const failing = { fetch: () => Promise.reject(new TypeError("no")), backoff: { maxRetries: 0 } };
  for (const url of ["http://a.example/x", "http://a.example/y", "http://127.0.0.1:1/x"]) {
    await expect(stream(url, failing)).rejects.toThrow(FetchError);
  }
  await expect(stream("http://b.example", { ...failing, warnOnHttp: false })).rejects.toThrow();
  expect(warn.mock.calls.length).toBe(1);
  expect(warn.mock.calls[0]?.[0]).toContain("http://a.example");
  warn.mockRestore();
});
