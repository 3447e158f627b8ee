import { describe, expect, test } from "vitest";
import {
  DurableStream,
  IdempotentProducer,
  RetentionGoneError,
  stream,
  StreamNotFoundError,
} from "../../src/index.ts";
import { closed, page, StubServer } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 } };

describe.each(transports)("over %s", (_name, transport) => {
  const options = { ...quick, ...transport };

  test.each([
    ["?", ["offset=-1"]],
    ["?tag=b&tag=a&b=1", ["b=1", "offset=-1", "tag=b", "tag=a"]],
    ["?z=%26&token=old", ["offset=-1", "token=new", "z=%26"]],
  ])("the URL's own query %s is kept, sorted", async (query, expected) => {
    const searches: string[] = [];
    await using stub = await StubServer.start((request, res) => {
      searches.push(request.search);
      page(res, [], "0", closed);
    });
    const params = query.includes("token") ? { token: "new" } : {};
    await stream(stub.url + query, { ...options, params });
    expect(searches).toEqual([`?${expected.join("&")}`]);
  });

  test("404 and 410 reject without a retry, with their own classes", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      res.writeHead(query.get("offset") === "-1" ? 404 : 410).end();
    });
    await expect(stream(stub.url, options)).rejects.toThrow(StreamNotFoundError);
    const gone = stream(stub.url, { ...options, offset: "1" });
    await expect(gone).rejects.toThrow(RetentionGoneError);
    expect(stub.requests.length).toBe(2);
  });

  test("429 and 5xx are retried no sooner than Retry-After, and no more often than maxRetries", async () => {
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
    const retry = { ...quick.retry, maxRetries: 2 };
    const failed = stream(broken.url, { ...options, retry });
    await expect(failed).rejects.toThrow(/500: out of order/);
    await expect(failed).rejects.toMatchObject({ name: "FetchError", status: 500 });
    expect(broken.requests.length).toBe(3);
  });

  test("a wait that is too long for a timer does not end early", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      if (query.get("offset") === "9") res.writeHead(503, { "retry-after": "99999999" }).end();
      else setTimeout(() => page(res, [1], "1", closed), 50);
    });
    const patient = { timeoutMs: Infinity, liveTimeoutMs: Infinity, sseFirstEventMs: Infinity };
    const res = await stream(stub.url, { ...options, ...patient });
    expect(await res.readJson()).toEqual([1]);
    const controller = new AbortController();
    const { signal } = controller;
    const retry = { ...quick.retry, maxRetryAfterMs: Infinity };
    const waiting = stream(stub.url, { ...options, offset: "9", retry, signal });
    setTimeout(() => {
      controller.abort(controller);
    }, 50);
    await expect(waiting).rejects.toBe(controller);
    expect(stub.requests.length).toBe(2);
  });

  test("a Retry-After above maxRetryAfterMs ends the operation with an error that states it", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(503, { "retry-after": "301" }).end();
    });
    const failed = stream(stub.url, options);
    await expect(failed).rejects.toThrow(/Retry-After is 301000 ms/);
    await expect(failed).rejects.toMatchObject({
      ...{ name: "FetchError", code: "HTTP_ERROR", status: 503, retryAfterMs: 301_000 },
      retryable: true,
    });
    expect(stub.requests.length).toBe(1);
  });

  test("statuses that a retry cannot change are not retried: 501 and 505", async () => {
    for (const status of [501, 505]) {
      await using stub = await StubServer.start((_request, res) => {
        res.writeHead(status).end();
      });
      const failed = stream(stub.url, options);
      await expect(failed).rejects.toMatchObject({ status, retryable: false });
      expect(stub.requests.length).toBe(1);
    }
  });

  test("retry: false sends a request once, and its deprecated name backoff still works", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(503).end();
    });
    await expect(stream(stub.url, { ...transport, retry: false })).rejects.toThrow(/503/);
    expect(stub.requests.length).toBe(1);
    const backoff = { ...quick.retry, maxRetries: 2 };
    await expect(stream(stub.url, { ...transport, backoff })).rejects.toThrow(/503/);
    expect(stub.requests.length).toBe(4);
    const handle = new DurableStream({ url: stub.url, ...transport, retry: { maxRetries: 1 } });
    await expect(handle.stream({ retry: false })).rejects.toThrow(/503/);
    expect(stub.requests.length).toBe(5);
  });

  test("a response that stops in the middle is an IDLE_TIMEOUT, one that never comes a TIMEOUT", async () => {
    await using stub = await StubServer.start(({ query }, res) => {
      if (query.get("offset") === "1") return;
      res.writeHead(200, { "content-type": "text/plain", "stream-next-offset": "1" }).write("a");
    });
    const impatient = { ...options, retry: false, timeoutMs: 50 } as const;
    const reading = (await stream(stub.url, impatient)).readText();
    await expect(reading).rejects.toMatchObject({ code: "IDLE_TIMEOUT", retryable: true });
    const failed = stream(stub.url, { ...impatient, offset: "1" });
    await expect(failed).rejects.toMatchObject({ code: "TIMEOUT", retryable: true });
  });

  test("onError can return new headers, also in the middle of a session", async () => {
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

  test("a request that is silent for timeoutMs is repeated", async () => {
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

  test("only what redirectHeaders names follows a redirect of a read to another origin", async () => {
    const sent = {
      ...{ authorization: "a", cookie: "b", "x-api-key": "c", "proxy-authorization": "d" },
      ...{ "x-tenant": "e", accept: "application/json" },
    };
    await using target = await StubServer.start(({ headers }, res) => {
      page(res, [Object.keys(sent).filter((name) => headers[name] !== undefined)], "1", closed);
    });
    await using stub = await StubServer.start((request, res) => {
      const to = request.path === "/same" ? target.url : "/same";
      res.writeHead(307, { location: `${to}?${request.query}` }).end();
    });
    const read = async (redirectHeaders: string[] | undefined) => {
      const res = await stream(stub.url, { ...options, headers: sent, redirectHeaders });
      return res.readJson();
    };
    expect(await read(undefined)).toEqual([["accept"]]);
    expect(await read(["X-Tenant"])).toEqual([["x-tenant", "accept"]]);
    // Within an origin everything goes along.
    const same = stub.requests.filter(({ path }) => path === "/same");
    for (const { headers } of same) expect(headers).toMatchObject(sent);
  });

  test.each(["append", "close", "delete", "head", "producer", "create", "appendStream"])(
    "%s is not sent on to another origin, with its body or its headers",
    async (what) => {
      await using target = await StubServer.start((_request, res) => {
        res.writeHead(200, { "stream-next-offset": "1", "producer-seq": "0" }).end();
      });
      await using stub = await StubServer.start((_request, res) => {
        res.writeHead(307, { location: target.url }).end();
      });
      const all = { url: stub.url, contentType: "application/json", ...options };
      const handle = new DurableStream({ ...all, headers: { authorization: "secret" } });
      const producer = new IdempotentProducer(handle, "p");
      const calls: Record<string, () => Promise<unknown>> = {
        append: () => handle.append("private"),
        close: () => handle.close("private"),
        delete: () => handle.delete(),
        head: () => handle.head(),
        create: () => DurableStream.create({ ...all, body: "private" }),
        appendStream: () => handle.appendStream(["private"]),
        producer: () => {
          producer.append("private");
          return producer.flush();
        },
      };
      const called = Promise.resolve().then(calls[what]);
      if (what === "head") {
        await called; // a read, without its headers
        expect(target.requests[0]?.headers.authorization).toBeUndefined();
        return;
      }
      await expect(called).rejects.toThrow(/was redirected/);
      expect(target.requests.length).toBe(0);
    },
  );

  test("a gzip response is decompressed if the caller requests gzip", async () => {
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
});
