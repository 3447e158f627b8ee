import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { DurableStream, stream } from "../src/index.ts";
import { closed, page, StubServer, upToDate } from "./support/stub-server.ts";
import { transports } from "./support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 } };
const control = (fields: object) => `event: control\ndata: ${JSON.stringify(fields)}\n\n`;
const sse = { "content-type": "text/event-stream" };

describe.each(transports)("over %s", (_name, transport) => {
  const options = { ...quick, ...transport };

  test("an aborted signal sends nothing; an abort ends live and backoff waits immediately", async () => {
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
    const retry = { initialDelayMs: 60_000, maxDelayMs: 60_000, jitter: 0 };
    const slow = stream(stub.url, { ...transport, offset: "9", retry, signal: late.signal });
    setTimeout(() => {
      late.abort(reason);
    }, 20);
    await expect(slow).rejects.toBe(reason);
    expect(getEventListeners(late.signal, "abort").length).toBe(0);
  });

  test("an abort does not wait for a header function, a parameter function or onError", async () => {
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

  test("an aborted signal leaves no listener on the other signals", async () => {
    await using stub = await StubServer.start(() => undefined);
    const own = new AbortController();
    const handle = new DurableStream({ url: stub.url, ...options, signal: own.signal });
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(handle.head({ signal })).rejects.toBe(signal.reason);
    await expect(handle.stream({ signal })).rejects.toBe(signal.reason);
    expect(getEventListeners(own.signal, "abort").length).toBe(0);
  });

  test.each(["abort", "cancel"])("%s ends the reading in the middle of a batch", async (how) => {
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

  test("a read that is cancelled rejects instead of returning a part", async () => {
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
      await vi.waitUntil(() => stub.openResponses === 1);
      const reason = new Error("enough");
      controllers[who]?.abort(reason);
      await expect(pending).rejects.toBe(reason);
      await vi.waitUntil(() => stub.openResponses === 0);
    }
  });

  test.each(["cancel", "break", "abort", "stream"])(
    "after %s no response, no listener and no timer is left",
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
      // The live response has no end: it can only be broken off.
      await vi.waitUntil(() => stub.openResponses === 0);
      expect(getEventListeners(controller.signal, "abort").length).toBe(0);
      await vi.waitUntil(() => timers() <= before + 1); // waitUntil has one of its own
    },
  );

  test.each(["response", "bytes", "items", "batches"])(
    "await using a %s frees the connection at the end of its block",
    async (what) => {
      await using stub = await StubServer.start(({ query }, res) => {
        if (query.has("live")) {
          res.writeHead(200, sse).write(control({ streamNextOffset: "1", upToDate: true }));
        } else page(res, [1], "1", upToDate);
      });
      const res = await stream(stub.url, options);
      const items =
        what === "bytes"
          ? res[Symbol.asyncIterator]()
          : what === "batches"
            ? res.iterJsonBatches()
            : res.iterJson();
      {
        // eslint-disable-next-line @typescript-eslint/await-thenable -- the rule does not see the methods of mapped types
        await using disposed = what === "response" ? res : items;
        expect(disposed).toBeDefined();
        await items.next();
        items.next().catch(() => undefined);
        await vi.waitUntil(() => stub.openResponses === 1);
      }
      await vi.waitUntil(() => stub.openResponses === 0);
    },
  );

  test("cancelling a response that was never read frees its connection", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "1" });
      res.write("[1,");
    });
    const res = await stream(stub.url, options);
    expect(stub.openResponses).toBe(1);
    res.cancel();
    await vi.waitUntil(() => stub.openResponses === 0);
    const other = await stream(stub.url, options);
    await other.bodyStream().cancel();
    await vi.waitUntil(() => stub.openResponses === 0);
  });
});
