import { describe, expect, test } from "vitest";
import {
  DurableStream,
  InvalidOptionError,
  SeqConflictError,
  stream,
  StreamClosedError,
  StreamExistsError,
  StreamNotFoundError,
} from "../src/index.ts";
import { freshUrl, transports } from "./support/transports.ts";

const json = "application/json";
const readAll = async (url: string) => (await stream(url, { live: false })).readJson();

describe.each(transports)("over %s, on the real server", (_name, transport) => {
  test("a stream is created, appended to, read, closed and deleted", async () => {
    const url = freshUrl();
    const created = await DurableStream.create({
      ...{ url, contentType: json, ttlSeconds: 60, body: [1, 2] },
      ...transport,
    });
    expect(created.created).toBe(true);
    const again = { url, contentType: json, ttlSeconds: 60, ...transport };
    expect((await DurableStream.create(again)).created).toBe(false);
    const other = DurableStream.create({ url, contentType: "text/plain", ...transport });
    await expect(other).rejects.toThrow(StreamExistsError);

    const handle = await DurableStream.connect({ url, ...transport });
    expect(handle.contentType).toBe(json);
    const { nextOffset } = await handle.append({ n: 3 });
    const head = await handle.head();
    expect(head).toMatchObject({ exists: true, closed: false, contentType: json, ttlSeconds: 60 });
    expect(head.offset).toBe(nextOffset);
    expect(await readAll(url)).toEqual([[1, 2], { n: 3 }]);

    const { finalOffset } = await handle.close("the end");
    expect((await handle.head()).offset).toBe(finalOffset);
    expect(await handle.close()).toEqual({ finalOffset });
    await expect(handle.append(5)).rejects.toThrow(StreamClosedError);
    await expect(handle.close("again")).rejects.toThrow(StreamClosedError);
    const res = await handle.stream();
    expect(await res.readJson()).toEqual([[1, 2], { n: 3 }, "the end"]);
    expect(res.closed).toBe(true);

    await handle.delete();
    await expect(handle.delete()).rejects.toThrow(StreamNotFoundError);
    await expect(handle.head()).rejects.toThrow(StreamNotFoundError);
  });

  test("an expiry comes back from head as it was set", async () => {
    const url = freshUrl();
    const expiresAt = new Date(Date.now() + 3_600_000);
    const handle = await DurableStream.create({ url, contentType: json, expiresAt, ...transport });
    expect((await handle.head()).expiresAt).toBe(expiresAt.toISOString());
  });

  test("strings and bytes are appended in order, several in one request", async () => {
    const url = freshUrl();
    const handle = await DurableStream.create({ url, contentType: "text/plain", ...transport });
    const results = await Promise.all([handle.append("a"), handle.append(Uint8Array.of(0x62))]);
    expect(results[0]).toEqual(results[1]);
    await handle.append("é🙂");
    expect(await (await handle.stream({ live: false })).readText()).toBe("abé🙂");
  });

  test("a handle that was only constructed learns the content type by itself, once", async () => {
    const url = freshUrl();
    await DurableStream.create({ url, contentType: json });
    const handle = new DurableStream({ url, ...transport });
    await Promise.all([handle.append(1), handle.append("two"), handle.append([3])]);
    expect(await readAll(url)).toEqual([1, "two", [3]]);
  });

  test("with batching: false every append is a request of its own", async () => {
    const url = freshUrl();
    const options = { url, contentType: json, batching: false, ...transport };
    const handle = await DurableStream.create(options);
    const offsets = await Promise.all([1, 2, 3].map((n) => handle.append(n)));
    expect(new Set(offsets.map(({ nextOffset }) => nextOffset)).size).toBe(3);
    expect(await readAll(url)).toEqual([1, 2, 3]);
  });

  test("an append whose seq does not rise is a SeqConflictError", async () => {
    const url = freshUrl();
    const handle = await DurableStream.create({ url, contentType: json, ...transport });
    await handle.append(1, { seq: "a" });
    await handle.append(2, { seq: "b" });
    await expect(handle.append(3, { seq: "b" })).rejects.toThrow(SeqConflictError);
    expect(await readAll(url)).toEqual([1, 2]);
  });

  test("an append with the caller's own producer headers reports a duplicate", async () => {
    const url = freshUrl();
    await DurableStream.create({ url, contentType: json });
    const headers = { "Producer-Id": "mine", "Producer-Epoch": "0", "Producer-Seq": "0" };
    const numbered = new DurableStream({ url, contentType: json, headers, ...transport });
    expect((await numbered.append(1)).duplicate).toBeUndefined();
    expect((await numbered.append(2)).duplicate).toBe(true);
    expect(await readAll(url)).toEqual([1]);
  });

  test("an aborted append does not affect the others of its request", async () => {
    const url = freshUrl();
    const handle = await DurableStream.create({ url, contentType: json, ...transport });
    const controller = new AbortController();
    const reason = new Error("never mind");
    const appends = [
      handle.append(1),
      handle.append(2, { signal: controller.signal }),
      handle.append(3),
    ];
    controller.abort(reason);
    const results = await Promise.allSettled(appends);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason });
    expect(await readAll(url)).toEqual([1, 3]);
  });

  test("a stream is forked at its tail and at an earlier offset", async () => {
    const url = freshUrl();
    const source = await DurableStream.create({ url, contentType: json, ...transport });
    await Promise.all([1, 2, 3].map((n) => source.append(n)));
    const positions: string[] = [];
    for await (const event of (await source.stream({ live: false })).iterEvents({ mode: "json" })) {
      positions.push(event.position);
    }
    const whole = await source.fork(`${url}-whole`);
    await whole.append("mine");
    expect(await readAll(whole.url)).toEqual([1, 2, 3, "mine"]);
    const { offset = "" } = await source.head();
    await source.append(4);
    const earlier = await source.fork(`${url}-earlier`, { offset });
    expect(await readAll(earlier.url)).toEqual([1, 2, 3]);
    expect(await readAll(url)).toEqual([1, 2, 3, 4]);
    const missing = new DurableStream({ url: `${url}-missing`, ...transport });
    await expect(missing.fork(`${url}-x`)).rejects.toThrow(StreamNotFoundError);
    expect(positions.at(-1)).toBe(offset);
  });

  test('offset "now" resolves to a position, and only later data is delivered', async () => {
    const url = freshUrl();
    const handle = await DurableStream.create({ url, contentType: json, ...transport });
    await handle.append("before");
    const res = await handle.stream({ offset: "now" });
    expect(res.offset).toBe((await handle.head()).offset);
    const items = res.iterJson();
    const first = items.next();
    await handle.append("after");
    expect((await first).value).toBe("after");
    await items.return?.();
  });

  test("writable applies backpressure, keeps the order, and closes the stream with closeStream", async () => {
    const url = freshUrl();
    const handle = await DurableStream.create({ url, contentType: json, ...transport });
    const values = Array.from({ length: 2000 }, (_, n) => n);
    const source = new ReadableStream({
      pull(controller) {
        const value = values.shift();
        if (value === undefined) controller.close();
        else controller.enqueue(value);
      },
    });
    await source.pipeTo(handle.writable({ closeStream: true, maxPendingBytes: 100 }));
    const res = await stream<number>(url);
    const all = await res.readJson();
    expect(all).toEqual(Array.from({ length: 2000 }, (_, n) => n));
    expect(res.closed).toBe(true);
  });

  test("every method of a response reads the same data", async () => {
    const url = freshUrl();
    const handle = await DurableStream.create({ url, contentType: json, ...transport });
    await Promise.all([1, 2, 3].map((n) => handle.append(n)));
    await handle.close();
    const double = (item: unknown) => (item as number) * 2;
    expect(await (await handle.stream()).readJson(double)).toEqual([2, 4, 6]);
    expect(await (await handle.stream()).readJsonBatches()).toEqual([[1, 2, 3]]);
    expect(await (await handle.stream()).readText()).toBe("[1,2,3]");
    expect((await (await handle.stream()).readBytes()).length).toBe(7);
    const batches = (await handle.stream()).iterJsonBatches();
    expect((await batches.next()).value).toEqual([1, 2, 3]);
    const reader = (await handle.stream()).jsonStream().getReader();
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    await reader.cancel();
    const events = (await handle.stream()).iterEvents({ mode: "json-batches" });
    expect((await events.next()).value).toMatchObject({ data: [1, 2, 3], closed: true });
    const refused = (await handle.stream()).iterJson(() => {
      throw new Error("not mine");
    });
    await expect(refused.next()).rejects.toThrow(/position -1: not mine/);
  });

  test("an event without data reports that the tail is reached", async () => {
    const url = freshUrl();
    const handle = await DurableStream.create({ url, contentType: "text/plain", ...transport });
    const events = (await handle.stream()).iterEvents({ mode: "text" });
    const first = await events.next();
    expect(first.value).toMatchObject({ data: "", upToDate: true, closed: false });
    await events.return?.();
  });
});

test.each<[string, unknown, string, RegExp]>([
  ["undefined", undefined, json, /undefined/],
  ["a function", () => 1, json, /function/],
  ["a cycle", Object.assign([], { 0: globalThis }), json, /JSON/],
  ["a bigint", 1n, json, /BigInt/],
  ["an object", { a: 1 }, "text/plain", /object/],
  ["nothing", "", "text/plain", /empty/],
  ["no bytes", new Uint8Array(0), "application/octet-stream", /empty/],
])("append() rejects %s before anything is sent", async (_name, value, contentType, message) => {
  const handle = new DurableStream({ url: "http://localhost:1/x", contentType });
  const failed = handle.append(value);
  await expect(failed).rejects.toThrow(InvalidOptionError);
  await expect(failed).rejects.toThrow(message);
});
