import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DurableStream, IdempotentProducer, InvalidOptionError } from "../src/index.ts";
import { StubServer, type StubHandler } from "./support/stub-server.ts";
import { transports } from "./support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 }, contentType: "application/json" };
const stored = { "stream-next-offset": "1" };
const drop: StubHandler = (_request, res) => {
  res.socket?.destroy();
};

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

  test("a producer retries through dropped connections and 5xx until everything is stored", async () => {
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

  test("flush rejects with the values that were not stored, and append throws from then on", async () => {
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

  test("a producer that is fenced off claims a higher epoch with autoClaim, and loses and reorders nothing", async () => {
    const { stub, producer } = await start(
      (request, res, index) => {
        const later = String(Number(request.headers["producer-epoch"]) + 4);
        if (index === 1) res.writeHead(403, { "producer-epoch": later }).end();
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
    const first = Number(stub.requests[0]?.headers["producer-epoch"]);
    const { epoch } = producer;
    expect(epoch).toBeGreaterThan(first + 4);
    expect(stub.requests.map((request) => `${numberOf(request)} ${request.body}`)).toEqual([
      `${first}.0 [1]`,
      `${first}.1 [2]`,
      `${epoch}.0 [2]`,
      `${epoch}.1 [3]`,
    ]);
  });

  test("a producer that is fenced off without autoClaim, or after an unknown outcome, fails with maybeStored", async () => {
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

  test("an epoch that was used before is a StaleEpochError, or replayed, never taken for stored", async () => {
    const handler: StubHandler = (_request, res) => {
      res.writeHead(204, { ...accepted, "producer-seq": "7" }).end();
    };
    const plain = await start(handler);
    plain.producer.append(1);
    await expect(plain.producer.flush()).rejects.toMatchObject({
      code: "STALE_EPOCH",
      notStored: [1],
    });
    const replaying = await start(handler, { replay: true, maxBatchItems: 1 });
    for (const n of [1, 2]) replaying.producer.append(n);
    expect(await replaying.producer.flush()).toEqual({ nextOffset: "1" });
    expect(replaying.stub.requests.map(numberOf)).toEqual(["0.0", "0.1"]);
    // The first attempt never arrived, and the response to the second is for that earlier session.
    const lost = await start((request, res, index) => {
      if (index === 0) res.socket?.destroy();
      else void handler(request, res, index);
    });
    lost.producer.append(1);
    await expect(lost.producer.flush()).rejects.toMatchObject({
      ...{ code: "STALE_EPOCH", notStored: [1], maybeStored: true },
    });
  });

  test("a 204 to the first batch is its own under a claimed epoch, and either of two under a fixed one", async () => {
    // As after a browser that sent the request again by itself.
    const handler: StubHandler = (request, res) => {
      const { "producer-epoch": epoch, "producer-seq": seq } = request.headers;
      res.writeHead(204, { ...stored, "producer-epoch": epoch, "producer-seq": seq }).end();
    };
    const claiming = await start(handler, { autoClaim: true });
    claiming.producer.append(1);
    expect(await claiming.producer.flush()).toEqual({ nextOffset: "1" });
    const fixed = await start(handler);
    fixed.producer.append(1);
    const failed = fixed.producer.flush();
    await expect(failed).rejects.toMatchObject({ code: "STALE_EPOCH", maybeStored: true });
    await expect(failed).rejects.toThrow(/earlier session used this epoch.*sent the request twice/);
  });

  test("sessions that claim at the same time have different epochs, each above the lowest", async () => {
    const ok: StubHandler = (_request, res) => {
      res.writeHead(200, accepted).end();
    };
    const epochs = new Set<number>();
    for (let n = 0; n < 1000; n++) {
      const { producer } = await start(ok, { autoClaim: true, epoch: 7 });
      expect(producer.epoch).toBeGreaterThanOrEqual(7);
      expect(Number.isSafeInteger(producer.epoch)).toBe(true);
      epochs.add(producer.epoch);
      if (n > 0) await started.pop()?.[Symbol.asyncDispose]();
    }
    expect(epochs.size).toBe(1000);
  });

  test("an epoch that cannot be raised any more ends the producer", async () => {
    const { producer } = await start(
      (_request, res) => {
        res.writeHead(403, { "producer-epoch": String(Number.MAX_SAFE_INTEGER) }).end();
      },
      { autoClaim: true },
    );
    producer.append(1);
    await expect(producer.flush()).rejects.toMatchObject({ code: "STALE_EPOCH", notStored: [1] });
  });

  test("flush and detach return the offset after the last stored batch, undefined before there is one", async () => {
    const { producer } = await start((_request, res, index) => {
      res.writeHead(200, { ...accepted, "stream-next-offset": String(index + 1) }).end();
    });
    expect(await producer.flush()).toEqual({ nextOffset: undefined });
    producer.append(1);
    expect(await producer.flush()).toEqual({ nextOffset: "1" });
    expect(await producer.flush()).toEqual({ nextOffset: "1" });
    producer.append(2);
    expect(await producer.detach()).toEqual({ nextOffset: "2" });
  });

  test("ready waits behind a stalled server, resolves with room, and rejects with the failure", async () => {
    let respond = (): void => undefined;
    const { stub, producer } = await start(
      (_request, res, index) => {
        respond = () => {
          res.writeHead(index === 0 ? 200 : 404, accepted).end();
        };
      },
      { maxPendingBytes: 5000, lingerMs: 3_600_000 },
    );
    let appended = 0;
    const fill = async () => {
      for (;;) {
        await producer.ready;
        producer.append(`${appended++}`.padEnd(97));
      }
    };
    const failed = fill().catch((error: unknown) => error);
    await vi.waitUntil(() => stub.requests.length === 1);
    expect(appended).toBe(50);
    respond();
    await vi.waitUntil(() => stub.requests.length === 2);
    expect(appended).toBe(100);
    respond();
    expect(await failed).toMatchObject({ code: "STREAM_NOT_FOUND" });
    await expect(producer.ready).rejects.toMatchObject({ code: "STREAM_NOT_FOUND" });
  });

  test("autoClaim and replay exclude each other", async () => {
    await expect(start(drop, { autoClaim: true, replay: true })).rejects.toThrow(/exclude/);
  });

  test("the duplicate response for an earlier session is not taken for that of a close with a value", async () => {
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

  test("a sequence gap is claimed with autoClaim if the server has forgotten the producer, else an error", async () => {
    const handler: StubHandler = (_request, res, index) => {
      const gap = { "producer-expected-seq": "0", "producer-received-seq": "1" };
      if (index === 1) res.writeHead(409, gap).end();
      else res.writeHead(200, accepted).end();
    };
    const claiming = await start(handler, { autoClaim: true, maxBatchItems: 1 });
    for (const n of [1, 2]) claiming.producer.append(n);
    await claiming.producer.flush();
    const [first, second, third] = claiming.stub.requests.map(numberOf);
    expect([second, third]).toEqual([first?.replace(".0", ".1"), `${claiming.producer.epoch}.0`]);
    expect(claiming.producer.epoch).toBeGreaterThan(Number.parseInt(first ?? "", 10));
    const plain = await start(handler, { maxBatchItems: 1 });
    for (const n of [1, 2]) plain.producer.append(n);
    await expect(plain.producer.flush()).rejects.toMatchObject({
      ...{ code: "SEQUENCE_GAP", expectedSeq: 0, receivedSeq: 1, notStored: [2] },
    });
  });

  test("batches are limited by items, bytes and linger time", async () => {
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

  test("an object is written in the state in which it was appended", async () => {
    const { stub, producer } = await start((_request, res) => {
      res.writeHead(200, accepted).end();
    });
    const value = { n: 1 };
    producer.append(value);
    value.n = 2;
    await producer.flush();
    expect(stub.requests[0]?.body).toBe('[{"n":1}]');
  });

  test("close sends the last value and the end in one request; detach leaves the stream open", async () => {
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

  test("await using a producer stores its values at the end of the block", async () => {
    const { stub, producer } = await start(
      (_request, res) => {
        res.writeHead(200, accepted).end();
      },
      { lingerMs: 3_600_000 },
    );
    {
      // eslint-disable-next-line @typescript-eslint/await-thenable -- the rule does not see the methods of mapped types
      await using disposed = producer;
      disposed.append(1);
    }
    expect(stub.requests.map(({ body }) => body)).toEqual(["[1]"]);
    expect(() => {
      producer.append(2);
    }).toThrow(/detached/);
  });

  test("values that are appended right after a flush are stored as well", async () => {
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

  test("the request for the content type is retried without limit, like everything else", async () => {
    const stub = await StubServer.start((_request, res, index) => {
      if (index < 10) res.socket?.destroy();
      else res.writeHead(200, { "content-type": "text/plain", ...accepted }).end();
    });
    started.push(stub);
    const { retry } = quick;
    const handle = new DurableStream({ url: stub.url, retry, ...transport });
    const producer = new IdempotentProducer(handle, "p");
    producer.append("kept");
    await producer.flush();
    expect(stub.requests.at(-1)).toMatchObject({ method: "POST", body: "kept" });
  });

  test("an abort fails the producer immediately, however long lingerMs is", async () => {
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

  test("an invalid last value rejects, and the producer can still be closed", async () => {
    const { stub, producer } = await start((_request, res) => {
      res.writeHead(200, accepted).end();
    });
    await expect(producer.close(() => 1)).rejects.toThrow(InvalidOptionError);
    producer.append(1);
    expect(await producer.close(2)).toEqual({ finalOffset: "1" });
    expect(stub.requests.map(({ body }) => body)).toEqual(["[1,2]"]);
  });

  test("a header that HTTP cannot carry is an InvalidOptionError instead of endless retries", async () => {
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

  test("the producer ends at maxRetries or the handle's signal; the signal of flush ends only the waiting", async () => {
    await using stub = await StubServer.start(drop);
    const retry = { ...quick.retry, maxRetries: 2 };
    const handle = new DurableStream({ ...quick, url: stub.url, retry, ...transport });
    const bounded = new IdempotentProducer(handle, "p");
    bounded.append("x");
    await expect(bounded.flush()).rejects.toMatchObject({
      code: "NETWORK",
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
