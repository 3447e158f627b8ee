import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  DurableStream,
  FetchError,
  IdempotentProducer,
  InvalidOptionError,
  ProtocolError,
  SeqConflictError,
} from "../src/index.ts";
import { StubServer, type StubHandler } from "./support/stub-server.ts";
import { transports } from "./support/transports.ts";

const quick = { backoff: { initialDelayMs: 1, maxDelayMs: 5 }, contentType: "application/json" };
const stored = { "stream-next-offset": "1" };
const drop: StubHandler = (_request, res) => {
  res.socket?.destroy();
};

describe.each(transports)("over %s", (_name, transport) => {
  const handleOf = (stub: StubServer, options: object = {}) =>
    new DurableStream({ url: stub.url, ...quick, ...transport, ...options });

  test("an append whose connection drops is not sent twice, and says so", async () => {
    await using stub = await StubServer.start(drop);
    const failed = handleOf(stub).append(1);
    await expect(failed).rejects.toThrow(FetchError);
    await expect(failed).rejects.toMatchObject({ code: "NETWORK_ERROR", maybeStored: true });
    expect(stub.requests.length).toBe(1);
  });

  test("nor after a 500; but after a 429, and where nothing could be sent", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) res.writeHead(500).end();
      else if (index === 1) res.writeHead(429).end();
      else res.writeHead(204, stored).end();
    });
    const handle = handleOf(stub);
    await expect(handle.append(1)).rejects.toMatchObject({ status: 500, maybeStored: true });
    expect(await handle.append(2)).toEqual({ nextOffset: "1" });
    expect(stub.requests.map(({ body }) => body)).toEqual(["[1]", "[2]", "[2]"]);
    const gone = await StubServer.start(() => undefined);
    const closedUrl = gone.url;
    await gone[Symbol.asyncDispose]();
    const nobody = new DurableStream({ url: closedUrl, ...quick, ...transport });
    await expect(nobody.append(1)).rejects.toMatchObject({ maybeStored: false, unsent: true });
  });

  test("with retryAppends: always, or with seq, it is sent again", async () => {
    await using stub = await StubServer.start((request, res, index) => {
      if (index % 2 === 0) res.socket?.destroy();
      else if (request.headers["stream-seq"]) res.writeHead(409).end("Sequence conflict");
      else res.writeHead(204, stored).end();
    });
    const always = handleOf(stub, { retryAppends: "always" });
    expect(await always.append(1)).toEqual({ nextOffset: "1" });
    const failed = handleOf(stub).append(2, { seq: "a" });
    await expect(failed).rejects.toThrow(SeqConflictError);
    await expect(failed).rejects.toMatchObject({ maybeStored: true });
    expect(stub.requests.length).toBe(4);
  });

  test("a portal's 200 does not count as stored", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "text/html" }).end("<html>log in</html>");
    });
    const handle = handleOf(stub);
    await expect(handle.append(1)).rejects.toThrow(ProtocolError);
    await expect(handle.head()).rejects.toThrow(/stream-next-offset/);
    await expect(handle.delete()).rejects.toThrow(ProtocolError);
  });

  test("what a browser cannot read may be stored all the same", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(204).end(); // as if CORS hid the headers
    });
    await expect(handleOf(stub).append(1)).rejects.toMatchObject({ maybeStored: true });
  });

  test("onError is not asked to send an append again that may be stored", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) res.writeHead(401).end();
      else res.socket?.destroy();
    });
    const asked: unknown[] = [];
    const onError = (error: { status?: number | undefined }) => {
      asked.push(error.status);
      return {};
    };
    await expect(handleOf(stub, { onError }).append(1)).rejects.toMatchObject({
      maybeStored: true,
    });
    expect(asked).toEqual([401]);
    expect(stub.requests.length).toBe(2);
  });

  test("a seq conflict is told apart by what the server says, not by the URL", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(409).end("Sequence conflict");
    });
    const handle = handleOf(stub, { url: `${stub.url}/content-type` });
    await expect(handle.append(1, { seq: "a" })).rejects.toThrow(SeqConflictError);
  });

  test("bytes are taken as they are, whatever the caller does with its buffer", async () => {
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

  test("bytes that a stream begins with, and those of a source, are taken as they are too", async () => {
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

  test("an append whose good answer cannot be read may be stored", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { ...stored, "content-encoding": "br" }).end("?");
    });
    const failed = new DurableStream({ url: stub.url, ...quick }).append(1);
    await expect(failed).rejects.toMatchObject({ status: 200, maybeStored: true });
    expect(stub.requests.length).toBe(1);
  });

  test("what waits for the content type keeps its order, and an abort ends it at once", async () => {
    let answer: () => void = () => undefined;
    await using stub = await StubServer.start(({ method }, res) => {
      const end = () => res.writeHead(200, { "content-type": "text/plain", ...stored }).end();
      if (method === "HEAD" && stub.requests.length === 1) answer = end;
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
    answer();
    await Promise.all([first, ...rest]);
    const posts = stub.requests.filter(({ method }) => method === "POST");
    expect(posts.map(({ body }) => body).join("")).toBe("first,second,third,");
    expect(posts.at(-1)?.headers["stream-closed"]).toBe("true");
  });

  test("an object that is appended before the content type is known is taken as it is", async () => {
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

  test("awaiting each append does not keep others from sharing a request", async () => {
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

  test("too large together, each alone: 413 halves the request", async () => {
    await using stub = await StubServer.start(({ body }, res) => {
      const isLarge = body.length > 8;
      res.writeHead(isLarge ? 413 : 204, isLarge ? {} : stored).end();
    });
    const handle = handleOf(stub);
    const appends = [1, 2, 3, 4, "far too large", 6].map((value) => handle.append(value));
    const results = await Promise.allSettled(appends);
    expect(results.map(({ status }) => status[0]).join("")).toBe("ffffrf");
  });

  test("what is aborted while a request is halved is left out, and each append gets its own result", async () => {
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

  test("more than one request holds: full ones, in order, and one that a signal ended does not stop them", async () => {
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

  test("a write follows 307, and not what would make it a GET", async () => {
    await using stub = await StubServer.start(({ path }, res) => {
      if (path === "/stream") res.writeHead(307, { location: "/moved" }).end();
      else if (path === "/old") res.writeHead(302, { location: "/moved" }).end();
      else res.writeHead(204, stored).end();
    });
    await handleOf(stub).append(1);
    expect(stub.requests.at(-1)).toMatchObject({ method: "POST", path: "/moved", body: "[1]" });
    const old = handleOf(stub, { url: stub.url.replace("/stream", "/old") });
    await expect(old.append(1)).rejects.toThrow(/redirected/);
  });

  test("appendStream sends one request, and a source that is used up is not sent again", async () => {
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
    await handle.appendStream(values); // a function can be asked again
    expect(stub.requests.map(({ body }) => body)).toEqual(Array(4).fill('[{"n":1},[2]]'));
  });

  test("appendStream tells a source that fails, and leaves one that is no longer wanted", async () => {
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
    await vi.waitUntil(() => stub.openAnswers > 0);
    controller.abort(new Error("enough"));
    await expect(failed).rejects.toThrow("enough");
    await vi.waitUntil(() => isLeft);
  });

  test("writable takes no more than fits while the server does not answer", async () => {
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

  test("nor more bytes than a few requests hold", async () => {
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
    await vi.waitUntil(() => stub.openAnswers === 1 && taken > 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken).toBeLessThan(16);
    await writer.abort(new Error("enough"));
    await writing;
  });

  test("writable fails with the first append that fails", async () => {
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

const started: StubServer[] = [];
afterEach(async () => {
  for (const stub of started.splice(0)) await stub[Symbol.asyncDispose]();
});

describe.each(transports)("a producer, over %s", (_name, transport) => {
  const start = async (handler: StubHandler, options: object = {}) => {
    const stub = await StubServer.start(handler);
    started.push(stub);
    const handle = new DurableStream({ url: stub.url, ...quick, ...transport });
    return { stub, producer: new IdempotentProducer(handle, "p", { lingerMs: 0, ...options }) };
  };
  const numberOf = (request: { headers: Record<string, unknown> }) =>
    `${String(request.headers["producer-epoch"])}.${String(request.headers["producer-seq"])}`;
  const accepted = { "producer-epoch": "0", "producer-seq": "0", ...stored };

  test("retries through dropped connections and 5xx until everything is stored", async () => {
    const { stub, producer } = await start((_request, res, index) => {
      if (index === 0) res.socket?.destroy();
      else if (index === 1) res.writeHead(500).end();
      else res.writeHead(index === 2 ? 204 : 200, accepted).end();
    });
    producer.append(1);
    await producer.flush();
    producer.append(2);
    await producer.flush();
    expect(stub.requests.map(numberOf)).toEqual(["0.0", "0.0", "0.0", "0.1"]);
    expect(producer.pending).toBe(0);
  });

  test("flush rejects with what was not stored, and append throws from then on", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const { stub, producer } = await start(
      (_request, res) => {
        res.writeHead(409, { "stream-closed": "true", ...stored }).end();
      },
      { onError, maxBatchItems: 2 },
    );
    for (const n of [1, 2, 3]) producer.append(n);
    const failed = producer.flush();
    await expect(failed).rejects.toMatchObject({ code: "STREAM_CLOSED", notStored: [1, 2, 3] });
    expect(() => {
      producer.append(4);
    }).toThrow(/closed/);
    await expect(producer.flush()).rejects.toBe(errors[0]);
    await expect(producer.close()).rejects.toBe(errors[0]);
    expect(producer.notStored).toEqual([1, 2, 3]);
    expect(stub.requests.length).toBe(1);
    expect(errors.length).toBe(1);
  });

  test("fenced off in the middle, with autoClaim: nothing lost, nothing reordered", async () => {
    const { stub, producer } = await start(
      (request, res, index) => {
        if (index === 1) res.writeHead(403, { "producer-epoch": "4" }).end();
        else
          res
            .writeHead(200, {
              ...accepted,
              "producer-seq": String(request.headers["producer-seq"]),
            })
            .end();
      },
      { autoClaim: true, maxBatchItems: 1 },
    );
    for (const n of [1, 2, 3]) producer.append(n);
    await producer.flush();
    expect(producer.epoch).toBe(5);
    expect(stub.requests.map((request) => `${numberOf(request)} ${request.body}`)).toEqual([
      "0.0 [1]",
      "0.1 [2]",
      "5.0 [2]",
      "5.1 [3]",
    ]);
  });

  test("fenced off without autoClaim, or after an unknown outcome, it says so", async () => {
    const handler: StubHandler = (_request, res, index) => {
      if (index === 0) res.socket?.destroy();
      else res.writeHead(403, { "producer-epoch": "4" }).end();
    };
    for (const autoClaim of [false, true]) {
      const { producer } = await start(handler, { autoClaim });
      producer.append("x");
      await expect(producer.flush()).rejects.toMatchObject({
        ...{ code: "STALE_EPOCH", currentEpoch: 4, maybeStored: true, notStored: ["x"] },
      });
    }
  });

  test("an epoch that was used before is told, or claimed, and its answer not taken for stored", async () => {
    const handler: StubHandler = (request, res) => {
      const isFresh = request.headers["producer-epoch"] !== "0";
      res.writeHead(isFresh ? 200 : 204, { ...accepted, "producer-seq": "7" }).end();
    };
    const plain = await start(handler);
    plain.producer.append(1);
    await expect(plain.producer.flush()).rejects.toMatchObject({
      code: "STALE_EPOCH",
      notStored: [1],
    });
    const claiming = await start(handler, { autoClaim: true });
    claiming.producer.append(1);
    await claiming.producer.flush();
    expect(claiming.producer.epoch).toBe(1);
    // The first try never arrived, and the answer to the second is of that earlier session.
    const lost = await start((request, res, index) => {
      if (index === 0) res.socket?.destroy();
      else void handler(request, res, index);
    });
    lost.producer.append(1);
    await expect(lost.producer.flush()).rejects.toMatchObject({
      ...{ code: "STALE_EPOCH", notStored: [1], maybeStored: true },
    });
  });

  test("an earlier session's answer is not taken for that of a close with a value", async () => {
    const { producer } = await start((_request, res) => {
      res.writeHead(204, accepted).end();
    });
    await expect(producer.close("last")).rejects.toMatchObject({
      ...{ code: "STALE_EPOCH", notStored: ["last"] },
    });
    const bare = await start((_request, res) => {
      res.writeHead(204, { ...accepted, "stream-closed": "true" }).end();
    });
    await bare.producer.close();
    // It took the number, but the stream is open: it was something else that had it.
    const open = await start((_request, res) => {
      res.writeHead(204, accepted).end();
    });
    await expect(open.producer.close()).rejects.toMatchObject({ code: "STALE_EPOCH" });
  });

  test("a gap: claimed where the server has forgotten the producer, else told", async () => {
    const handler: StubHandler = (_request, res, index) => {
      const gap = { "producer-expected-seq": "0", "producer-received-seq": "1" };
      if (index === 1) res.writeHead(409, gap).end();
      else res.writeHead(200, accepted).end();
    };
    const claiming = await start(handler, { autoClaim: true, maxBatchItems: 1 });
    for (const n of [1, 2]) claiming.producer.append(n);
    await claiming.producer.flush();
    expect(claiming.stub.requests.map(numberOf)).toEqual(["0.0", "0.1", "1.0"]);
    const plain = await start(handler, { maxBatchItems: 1 });
    for (const n of [1, 2]) plain.producer.append(n);
    await expect(plain.producer.flush()).rejects.toMatchObject({
      ...{ code: "SEQUENCE_GAP", expectedSeq: 0, receivedSeq: 1, notStored: [2] },
    });
  });

  test("batches by items, bytes and linger", async () => {
    const ok: StubHandler = (_request, res) => {
      res.writeHead(200, accepted).end();
    };
    const byItems = await start(ok, { maxBatchItems: 2 });
    for (let n = 0; n < 5; n++) byItems.producer.append(n);
    await byItems.producer.flush();
    expect(byItems.stub.requests.map(({ body }) => body)).toEqual(["[0,1]", "[2,3]", "[4]"]);
    const byBytes = await start(ok, { maxBatchBytes: 12 });
    for (const text of ["éé", "ab", "abc"]) byBytes.producer.append(text);
    await byBytes.producer.flush();
    expect(byBytes.stub.requests.length).toBe(2);
    const lingering = await start(ok, { lingerMs: 1 });
    lingering.producer.append(1);
    await vi.waitUntil(() => lingering.producer.pending === 0);
  });

  test("writes an object as it was when it was appended", async () => {
    const { stub, producer } = await start((_request, res) => {
      res.writeHead(200, accepted).end();
    });
    const value = { n: 1 };
    producer.append(value);
    value.n = 2;
    await producer.flush();
    expect(stub.requests[0]?.body).toBe('[{"n":1}]');
  });

  test("close sends the last value and the end in one request; detach sends no end", async () => {
    const ok: StubHandler = (_request, res) => {
      res.writeHead(200, accepted).end();
    };
    const closing = await start(ok);
    closing.producer.append(1);
    expect(await closing.producer.close(2)).toEqual({ finalOffset: "1" });
    expect(await closing.producer.close(3)).toEqual({ finalOffset: "1" });
    expect(closing.stub.requests.length).toBe(1);
    expect(closing.stub.requests[0]).toMatchObject({
      body: "[1,2]",
      headers: { "stream-closed": "true" },
    });
    const detaching = await start(ok);
    detaching.producer.append(1);
    await detaching.producer.detach();
    expect(detaching.stub.requests[0]?.headers["stream-closed"]).toBeUndefined();
    expect(() => {
      detaching.producer.append(2);
    }).toThrow(/detached/);
  });

  test("whatever comes right after a flush is stored as well", async () => {
    const { stub, producer } = await start((_request, res) => {
      res.writeHead(200, accepted).end();
    });
    for (let n = 0; n < 20; n++) {
      producer.append(n);
      await producer.flush();
      producer.append(`after ${n}`);
      for (let turns = 0; turns < n; turns++) await Promise.resolve();
    }
    await producer.flush();
    expect(await producer.close()).toEqual({ finalOffset: "1" });
    const items = stub.requests.flatMap(({ body }) =>
      body ? (JSON.parse(body) as unknown[]) : [],
    );
    expect(items.length).toBe(40);
  });

  test("asks for the content type as long as it takes, like everything else", async () => {
    const stub = await StubServer.start((_request, res, index) => {
      if (index < 10) res.socket?.destroy();
      else res.writeHead(200, { "content-type": "text/plain", ...accepted }).end();
    });
    started.push(stub);
    const { backoff } = quick;
    const handle = new DurableStream({ url: stub.url, backoff, ...transport });
    const producer = new IdempotentProducer(handle, "p");
    producer.append("kept");
    await producer.flush();
    expect(stub.requests.at(-1)).toMatchObject({ method: "POST", body: "kept" });
  });

  test("an abort fails it at once, however long it would wait for company", async () => {
    const { stub } = await start(() => undefined);
    const controller = new AbortController();
    const { signal } = controller;
    const handle = new DurableStream({ url: stub.url, ...quick, ...transport, signal });
    const failed = new Promise((resolve) => {
      const producer = new IdempotentProducer(handle, "p", {
        lingerMs: 3600_000,
        onError: resolve,
      });
      producer.append(1);
    });
    controller.abort(controller);
    expect(await failed).toBe(controller);
    expect(getEventListeners(signal, "abort").length).toBe(0);

    const later = new AbortController();
    const idle = new DurableStream({ url: stub.url, ...quick, ...transport, signal: later.signal });
    const alsoFailed = new Promise((resolve) => {
      const producer = new IdempotentProducer(idle, "p", { lingerMs: 3600_000, onError: resolve });
      later.abort(later);
      producer.append(1);
    });
    expect(await alsoFailed).toBe(later);
    expect(stub.requests.length).toBe(0);
  });

  test("a last value that cannot be sent does not keep it from being closed", async () => {
    const { stub, producer } = await start((_request, res) => {
      res.writeHead(200, accepted).end();
    });
    await expect(producer.close(() => 1)).rejects.toThrow(InvalidOptionError);
    producer.append(1);
    expect(await producer.close(2)).toEqual({ finalOffset: "1" });
    expect(stub.requests.map(({ body }) => body)).toEqual(["[1,2]"]);
  });

  test("what HTTP cannot carry is told instead of being sent for ever", async () => {
    const { stub } = await start((_request, res) => {
      res.writeHead(200, accepted).end();
    });
    const bad = { authorization: () => "Bearer \u{1f511}" };
    const handle = new DurableStream({ url: stub.url, ...quick, ...transport, headers: bad });
    const producer = new IdempotentProducer(handle, "p");
    producer.append(1);
    const failed = producer.flush();
    await expect(failed).rejects.toThrow(InvalidOptionError);
    await expect(failed).rejects.toMatchObject({ maybeStored: false, notStored: [1] });
    await expect(handle.append(1)).rejects.toThrow(/authorization/);
    const plain = new DurableStream({ url: stub.url, ...quick, ...transport });
    await expect(plain.append(1, { seq: "\n" })).rejects.toThrow(InvalidOptionError);
    expect(stub.requests.length).toBe(0);
  });

  test("gives up when told: maxRetries, or the handle's signal; a flush may stop waiting", async () => {
    await using stub = await StubServer.start(drop);
    const backoff = { ...quick.backoff, maxRetries: 2 };
    const handle = new DurableStream({ ...quick, url: stub.url, backoff, ...transport });
    const bounded = new IdempotentProducer(handle, "p");
    bounded.append("x");
    await expect(bounded.flush()).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      notStored: ["x"],
    });
    expect(stub.requests.length).toBe(3);

    const controller = new AbortController();
    const endless = new DurableStream({
      ...{ ...quick, url: stub.url, signal: controller.signal },
      ...transport,
    });
    const producer = new IdempotentProducer(endless, "p");
    producer.append("y");
    const reason = new Error("enough");
    await expect(producer.flush({ signal: AbortSignal.timeout(30) })).rejects.toThrow(/timeout/);
    controller.abort(reason);
    await expect(producer.flush()).rejects.toBe(reason);
    expect(producer.notStored).toEqual(["y"]);
  });
});

test.each<[string, string, object, RegExp]>([
  ["an empty id", "", {}, /producerId/],
  ["an id that no header can hold", "a\r\nb", {}, /producerId/],
  ["a negative epoch", "p", { epoch: -1 }, /epoch/],
  ["no bytes", "p", { maxBatchBytes: 0 }, /maxBatchBytes/],
  ["no items", "p", { maxBatchItems: 0 }, /maxBatchItems/],
  ["a negative linger", "p", { lingerMs: -1 }, /lingerMs/],
])("a producer refuses %s", (_name, id, options, message) => {
  const handle = new DurableStream({ url: "http://localhost:1/x" });
  expect(() => new IdempotentProducer(handle, id, options)).toThrow(message);
});
