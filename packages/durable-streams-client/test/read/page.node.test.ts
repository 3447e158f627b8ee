import { describe, expect, test } from "vitest";
import { ProtocolError, stream } from "../../src/index.ts";
import { closed, page, StubServer, upToDate } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 } };

describe.each(transports)("over %s", (_name, transport) => {
  const options = { ...quick, ...transport };

  test("follows pages to the tail, with sorted query parameters", async () => {
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

  test("a response without protocol headers is retried a few times, then a ProtocolError", async () => {
    await using portal = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json" }).end("[1]");
    });
    const failed = stream(portal.url, options);
    await expect(failed).rejects.toThrow(ProtocolError);
    await expect(failed).rejects.toThrow(
      `${portal.url}?offset=-1: the response is not that of a durable stream: it has no Stream-Next-Offset`,
    );
    expect(portal.requests.length).toBe(6);
  });

  test("a durable stream whose Stream-Next-Offset was stripped is a ProtocolError without a retry", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", ...upToDate }).end("[1]");
    });
    await expect(stream(stub.url, options)).rejects.toThrow(/Stream-Next-Offset/);
    expect(stub.requests.length).toBe(1);
  });

  test.each<[string, Record<string, string>]>([
    ["that does not advance", { "stream-next-offset": "5" }],
    ["that leads back", { "stream-next-offset": "3" }],
  ])(
    "a stale response %s delivers no data twice and ends in a ProtocolError",
    async (_, headers) => {
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
    },
  );

  test("a 304 without an If-None-Match is retried a few times, then a ProtocolError", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(304).end();
    });
    await expect(stream(stub.url, options)).rejects.toThrow(/304/);
    expect(stub.requests.length).toBe(6);
  });

  test("with an ETag, a 304 means that the data is unchanged", async () => {
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

  test("only the first request has an If-None-Match header", async () => {
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
});
