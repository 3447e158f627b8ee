import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ParseError, stream, StreamConsumedError, InvalidOptionError } from "../../src/index.ts";
import { closed, page, StubServer, upToDate } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 } };

describe.each(transports)("over %s", (_name, transport) => {
  const options = { ...quick, ...transport };

  test("a page boundary inside a character: the text is whole, positions lie before it", async () => {
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

  test("150,000 items of one response, all together, then one by one with a break in the middle", async () => {
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

  test("the items before one that the schema rejects are delivered, then a ParseError with its position", async () => {
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

  test.each([false, "sse"] as const)(
    "integers that a number cannot hold reach decode as text, live: %s",
    async (live) => {
      const items = '[{"id":9007199254740993},{"id":7}]';
      await using stub = await StubServer.start(({ query }, res) => {
        if (query.has("live")) {
          const control = JSON.stringify({ streamNextOffset: "1", streamClosed: true });
          res.writeHead(200, { "content-type": "text/event-stream" });
          res.end(`event: data\ndata: ${items}\n\nevent: control\ndata: ${control}\n\n`);
          return;
        }
        const headers = { "content-type": "application/json", "stream-next-offset": "1" };
        res.writeHead(200, { ...headers, ...closed }).end(items);
      });
      const read = () => stream(stub.url, { ...options, live, catchUp: false, offset: "0" });
      const toBigInt = (item: unknown) => BigInt((item as { id: string | number }).id);
      expect(await (await read()).readJson(toBigInt)).toEqual([9007199254740993n, 7n]);
      const seen: unknown[] = [];
      const res = await read();
      for await (const event of res.iterEvents({ mode: "json", decode: toBigInt })) {
        seen.push(event.data);
      }
      expect(seen).toEqual([9007199254740993n, 7n]);
      // Without decode items are what JSON.parse makes of them.
      expect(await (await read()).readJson()).toEqual([{ id: 9007199254740992 }, { id: 7 }]);
    },
  );

  test("a JSON page that is cut in a whole response is requested again, or an error with onCut", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index % 2 === 1) page(res, [1, 2, 3], "3", closed);
      else {
        res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "3" });
        res.end("[1,2,");
      }
    });
    expect(await (await stream(stub.url, options)).readJson()).toEqual([1, 2, 3]);
    const res = await stream(stub.url, { ...options, onCut: "error" });
    const seen: unknown[] = [];
    const read = async () => {
      for await (const item of res.iterJson()) seen.push(item);
    };
    await expect(read()).rejects.toMatchObject({ code: "INVALID_PAYLOAD", position: "-1,2" });
    expect(seen).toEqual([1, 2]);
    expect(stub.requests.length).toBe(3);
  });

  test("garbage in a page is a ParseError with the position", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "1" });
      res.end("[1,2,XY]");
    });
    const failed = (await stream(stub.url, options)).readJson();
    await expect(failed).rejects.toMatchObject({ code: "INVALID_PAYLOAD", position: "-1" });
  });

  test("an invalid mode, decode or encoding is an InvalidOptionError, and the response stays readable", async () => {
    await using stub = await StubServer.start((_request, res) => {
      page(res, [1], "1", closed);
    });
    const res = await stream(stub.url, options);
    expect(() => res.iterEvents({ mode: "xml" as "json" })).toThrow(/mode "xml"/);
    expect(() => res.iterJson(5 as never)).toThrow(/decode is 5/);
    await expect(res.readJson("f" as never)).rejects.toThrow(InvalidOptionError);
    expect(() => res.iterText("klingon")).toThrow(/encoding "klingon"/);
    expect(await res.readJson()).toEqual([1]);
  });

  test("a second read throws StreamConsumedError", async () => {
    await using stub = await StubServer.start((_request, res) => {
      page(res, [1], "1", closed);
    });
    const res = await stream(stub.url, options);
    expect(await res.readJson()).toEqual([1]);
    expect(() => res.iterJson()).toThrow(StreamConsumedError);
    await expect(res.readText()).rejects.toThrow(StreamConsumedError);
  });

  test("a position beyond the end is a ProtocolError", async () => {
    await using stub = await StubServer.start((_request, res) => {
      page(res, [1], "1", upToDate);
    });
    const res = await stream(stub.url, { ...options, offset: "-1,5", live: false });
    await expect(res.readJson()).rejects.toThrow(/4 units beyond the end/);
  });

  test("calls of next() that do not wait for each other deliver the items in order", async () => {
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
});
