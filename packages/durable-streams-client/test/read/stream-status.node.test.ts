import { describe, expect, test } from "vitest";
import { type DurableStreamError, FetchError, stream, type StreamStatus } from "../../src/index.ts";
import { closed, page, StubServer, type StubHandler, upToDate } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 2 } };
const json = { "content-type": "application/json" };

/** A first page, and then a fault that never ends. */
const faults: Record<string, StubHandler> = {
  "a permanent 500": (_request, res) => {
    res.writeHead(500).end("out of order");
  },
  "a page that is always cut": (_request, res) => {
    res.writeHead(200, { ...json, "stream-next-offset": "2", "content-length": "100" });
    res.write("[2,", () => res.socket?.destroy());
  },
  "a connection that always drops": (_request, res) => {
    res.socket?.destroy();
  },
};

describe.each(transports)("over %s", (_name, transport) => {
  const options = { ...quick, ...transport };

  for (const [fault, spoil] of Object.entries(faults)) {
    test.each(["readJson", "readJsonBatches", "readText", "readBytes"] as const)(
      `%s gives up on ${fault} after maxRetries, in the default live mode`,
      async (method) => {
        await using stub = await StubServer.start((request, res, index) => {
          if (index === 0) page(res, [1], "1");
          else return spoil(request, res, index);
        });
        const asked: DurableStreamError[] = [];
        const onError = (error: DurableStreamError) => void asked.push(error);
        const res = await stream(stub.url, { ...options, onError });
        await expect(res[method]()).rejects.toThrow(FetchError);
        expect(asked.length).toBe(1);
        await expect(res.whenClosed()).rejects.toBe(asked[0]);
        expect(stub.requests.length).toBe(7); // the first page, and 1 + 5 requests for the second
      },
    );
  }

  test("a live session reports its states, and asks onError once the usual retries have failed", async () => {
    await using stub = await StubServer.start(({ query, headers }, res, index) => {
      if (index === 0) page(res, [1], "1");
      else if (index === 1) page(res, [2], "2", upToDate);
      else if (headers.authorization !== "new") res.writeHead(503).end();
      else if (query.has("live")) page(res, [3], "3", { ...closed, "stream-cursor": "1" });
    });
    const seen: unknown[] = [];
    let asked = 0;
    const res = await stream(stub.url, {
      ...{ ...options, live: "long-poll" },
      onStatus: (status: StreamStatus) => {
        if (status.state !== "retrying") seen.push(status.state);
        else seen.push([status.attempt, (status.error as DurableStreamError).status]);
      },
      onError: () => {
        asked++;
        return asked === 3 ? { headers: { authorization: "new" } } : undefined;
      },
    });
    const items: unknown[] = [];
    for await (const item of res.iterJson()) items.push(item);
    expect(items).toEqual([1, 2, 3]);
    const failures = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => [[n, 503], "connecting"]);
    expect(seen).toEqual(["connecting", "live", ...failures, "live"]);
    expect(asked).toBe(3);
  });

  test("onError can end a live session by throwing", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) page(res, [1], "1");
      else res.writeHead(500).end();
    });
    const enough = new Error("enough");
    const onError = () => {
      throw enough;
    };
    const items = (await stream(stub.url, { ...options, onError })).iterJson();
    await items.next();
    await expect(items.next()).rejects.toBe(enough);
  });

  test("a response that is not that of a durable stream is reported as a retry", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) res.writeHead(200, { "content-type": "text/html" }).end("log in");
      else page(res, [1], "1", closed);
    });
    const seen: unknown[] = [];
    const onStatus = (status: StreamStatus) => seen.push(status.state);
    expect(await (await stream(stub.url, { ...options, onStatus })).readJson()).toEqual([1]);
    expect(seen).toEqual(["connecting", "retrying", "connecting", "live"]);
  });
});
