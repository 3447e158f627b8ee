import { describe, expect, test, vi } from "vitest";
import { DurableStream, IdempotentProducer } from "../../src/index.ts";
import { StubServer } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 }, contentType: "application/json" };
const stored = { "stream-next-offset": "1" };

describe.each(transports)("over %s", (_name, transport) => {
  const handleOf = (stub: StubServer, options: object = {}) =>
    new DurableStream({ url: stub.url, ...quick, ...transport, ...options });

  test("bytes are copied, so the caller can reuse its buffer", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "producer-epoch": "0", "producer-seq": "0", ...stored }).end();
    });
    const handle = handleOf(stub, { contentType: "text/plain" });
    const unknowing = handleOf(stub, { contentType: undefined });
    const producers = [handle, unknowing].map((each) => new IdempotentProducer(each, "p"));
    const buffer = Buffer.from("one,");
    const appends = [handle.append(buffer)];
    for (const producer of producers) producer.append(buffer);
    buffer.fill("x");
    appends.push(handle.append(buffer));
    for (const producer of producers) producer.append(buffer);
    buffer.fill("y");
    await Promise.all([...appends, ...producers.map((producer) => producer.flush())]);
    const bodies = stub.requests.filter(({ method }) => method === "POST");
    expect(bodies.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => "one,xxxx"));
  });

  test("the bytes of create and of a source are copied, so the caller can reuse its buffer", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) res.writeHead(503).end();
      else res.writeHead(201, { ...stored, "content-type": "text/plain" }).end();
    });
    const body = Buffer.from("one");
    const options = { url: stub.url, ...quick, ...transport, contentType: "text/plain", body };
    const creating = DurableStream.create(options);
    body.fill("x");
    const handle = await creating;
    const buffer = Buffer.from("two");
    await handle.appendStream(
      (function* () {
        for (let n = 0; n < 3; n++) {
          yield buffer.fill(String(n));
        }
      })(),
    );
    const bodies = stub.requests.map((request) => request.body);
    expect(bodies).toEqual(["one", "one", "000111222"]);
  });

  test("writes that wait for the content type keep their order, and an abort ends one immediately", async () => {
    let respond: () => void = () => undefined;
    await using stub = await StubServer.start(({ method }, res) => {
      const end = () => res.writeHead(200, { "content-type": "text/plain", ...stored }).end();
      if (method === "HEAD" && stub.requests.length === 1) respond = end;
      else end();
    });
    const handle = handleOf(stub, { contentType: undefined });
    const { signal } = new AbortController();
    const bytes = Buffer.from("first,");
    const first = handle.append(bytes, { signal });
    bytes.fill("x");
    await vi.waitUntil(() => stub.requests.length === 1);
    await handle.head(); // knows the content type before the append does
    const rest = [handle.append("second,"), handle.appendStream(["third,"]), handle.close()];
    await handle.head();
    const controller = new AbortController();
    const aborted = handle.append("never", { signal: controller.signal });
    const reason = new Error("no longer needed");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    respond();
    await Promise.all([first, ...rest]);
    const posts = stub.requests.filter(({ method }) => method === "POST");
    expect(posts.map(({ body }) => body).join("")).toBe("first,second,third,");
    expect(posts.at(-1)?.headers["stream-closed"]).toBe("true");
  });

  test("an object that is appended before the content type is known is copied", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", ...stored }).end();
    });
    const handle = handleOf(stub, { contentType: undefined });
    const value = { n: 1 };
    const appended = handle.append(value);
    const closed = handle.close(value);
    value.n = 2;
    await Promise.all([appended, closed]);
    expect(stub.requests.slice(1).map(({ body }) => body)).toEqual(['[{"n":1}]', '[{"n":1}]']);
    await expect(handle.append(new Uint8Array(1))).rejects.toThrow(/bytes/);
    await handle.append(3);
    const order = [handle.appendStream([4]), handle.append(5)];
    await Promise.all(order);
    expect(stub.requests.slice(-2).map(({ body }) => body)).toEqual(["[4]", "[5]"]);
  });

  test("appends share requests although their callers await each one", async () => {
    await using stub = await StubServer.start(async (_request, res) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      res.writeHead(204, stored).end();
    });
    const handle = handleOf(stub);
    const writer = async (name: string) => {
      for (let n = 0; n < 10; n++) await handle.append(`${name}${n}`);
    };
    await Promise.all(["a", "b", "c", "d"].map(writer));
    expect(stub.requests.length).toBeLessThanOrEqual(11);
  });

  test("a 413 splits a request until each value stands alone", async () => {
    await using stub = await StubServer.start(({ body }, res) => {
      const isLarge = body.length > 8;
      res.writeHead(isLarge ? 413 : 204, isLarge ? {} : stored).end();
    });
    const handle = handleOf(stub);
    const appends = [1, 2, 3, 4, "far too large", 6].map((value) => handle.append(value));
    const results = await Promise.allSettled(appends);
    expect(results.map(({ status }) => status[0]).join("")).toBe("ffffrf");
  });

  test("appends that are aborted while a request is split are left out, and each gets its own result", async () => {
    const controller = new AbortController();
    await using stub = await StubServer.start(({ body }, res, index) => {
      if (index === 0) {
        controller.abort(new Error("never mind"));
        res.writeHead(413).end();
      } else res.writeHead(204, { "stream-next-offset": `after ${body}` }).end();
    });
    const handle = handleOf(stub);
    const { signal } = controller;
    const appends = [
      ...[handle.append(1), handle.append(2)],
      ...[handle.append(3, { signal }), handle.append(4, { signal })],
    ];
    const results = await Promise.allSettled(appends);
    expect(stub.requests.map(({ body }) => body)).toEqual(["[1,2,3,4]", "[1,2]"]);
    expect(results).toMatchObject([
      ...[{ value: { nextOffset: "after [1,2]" } }, { value: { nextOffset: "after [1,2]" } }],
      ...[{ reason: { message: "never mind" } }, { reason: { message: "never mind" } }],
    ]);
  });

  test("full requests are sent in order, and one whose appends are all aborted is left out", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(204, stored).end();
    });
    const handle = handleOf(stub, { maxBatchBytes: 12 });
    const controller = new AbortController();
    const appends = [1, 2, 3, 4, 5].map((n) => handle.append(n * 1111));
    const aborted = [6, 7].map((n) => handle.append(n * 1111, { signal: controller.signal }));
    const last = handle.append(8888);
    controller.abort(new Error("never mind"));
    const results = await Promise.allSettled([...appends, ...aborted, last]);
    expect(results.map(({ status }) => status[0]).join("")).toBe("fffffrrf");
    const sent = stub.requests.map(({ body }) => body);
    expect(sent).toEqual(["[1111,2222]", "[3333,4444]", "[5555]", "[8888]"]);
  });
});
