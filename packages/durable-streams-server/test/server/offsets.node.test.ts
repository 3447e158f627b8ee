import { DurableStream, stream, StreamReplacedError } from "@freshet/durable-streams-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDurableStreams, memoryStore, type DurableStreams } from "../../src/index.ts";

const zeros = `${"0".repeat(16)}_${"0".repeat(16)}`;
const text = { "content-type": "text/plain" };
let streams: DurableStreams;

function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return streams.fetch(new Request(`http://localhost${path}`, { method, ...init }));
}

async function createText(path: string, body: string): Promise<string> {
  const created = await send("PUT", path, { headers: text, body });
  expect(created.status).toBe(201);
  return created.headers.get("stream-next-offset") ?? "";
}

beforeEach(() => {
  streams = createDurableStreams({ store: memoryStore(), longPollTimeoutMs: 50 });
});
afterEach(() => streams.close());

test.each(["", "&live=long-poll", "&live=sse"])(
  "an offset of a deleted stream is a 410 in the one made anew at its path (%s)",
  async (live) => {
    const old = await createText("/s", "secret of the first");
    await send("DELETE", "/s");
    expect((await send("GET", `/s?offset=${old}${live}`)).status).toBe(404);
    await createText("/s", "the second, which is longer than the first");
    const gone = await send("GET", `/s?offset=${old}${live}`);
    expect([gone.status, gone.headers.get("stream-replaced")]).toEqual([410, "true"]);
    expect(await gone.text()).toContain("begin again at -1");
    expect(await (await send("GET", `/s?offset=${zeros}`)).text()).toContain("the second");
  },
);

test("a live reader of a deleted stream gets nothing of the one made anew at its path", async () => {
  await createText("/s", "12345");
  const sse = await send("GET", "/s?offset=now&live=sse");
  const events = sse.text();
  await send("DELETE", "/s");
  await createText("/s", "1234567890");
  expect(await events).not.toContain("event: data");
});

test("a fork at an offset of a deleted stream is a 410", async () => {
  const old = await createText("/s", "12345");
  await send("DELETE", "/s");
  await createText("/s", "1234567890");
  const fork = (offset: string) => {
    const headers = { ...text, "stream-forked-from": "/s", "stream-fork-offset": offset };
    return send("PUT", "/fork", { headers });
  };
  expect((await fork(old)).status).toBe(410);
  expect((await fork(zeros)).status).toBe(201);
});

test("a fork that is there is not one at the same position of a stream made anew", async () => {
  const old = await createText("/s", "12345");
  const fork = (offset: string) => {
    const headers = { ...text, "stream-forked-from": "/s", "stream-fork-offset": offset };
    return send("PUT", "/fork", { headers });
  };
  expect((await fork(old)).status).toBe(201);
  expect((await fork(old)).status).toBe(200);
  const other = await createText("/other", "12345");
  expect((await fork(other)).status).toBe(409);
});

test("no two memory stores of a process have a generation in common", async () => {
  vi.spyOn(Date, "now").mockReturnValue(1_700_000_000_000);
  const generations = new Set<number>();
  for (let n = 0; n < 3; n++) {
    const store = memoryStore();
    const created = await store.create({ path: "s", contentType: "text/plain", closed: false });
    if (created.status === "created") generations.add(created.stream.generation);
    await store.close();
  }
  expect(generations.size).toBe(3);
  vi.restoreAllMocks();
});

test("offsets of the first versions of this server are refused, and the message says why", async () => {
  await createText("/s", "12345");
  const old = `${"0".repeat(16)}_${"3".padStart(16, "0")}`;
  const read = await send("GET", `/s?offset=${old}`);
  expect([read.status, await read.text()]).toEqual([
    400,
    expect.stringContaining("earlier version of this server"),
  ]);
  const headers = { ...text, "stream-forked-from": "/s", "stream-fork-offset": old };
  const fork = await send("PUT", "/fork", { headers });
  expect([fork.status, await fork.text()]).toEqual([
    400,
    expect.stringContaining("earlier version of this server"),
  ]);
});

test("a server that starts anew does not accept offsets of its last life", async () => {
  const old = await createText("/s", "12345");
  await streams.close();
  streams = createDurableStreams({ store: memoryStore() });
  await createText("/s", "1234567890");
  expect((await send("GET", `/s?offset=${old}`)).status).toBe(410);
});

test("the client has a class of its own for a stream that was replaced", async () => {
  const url = "http://localhost/s";
  const options = {
    url,
    fetch: (input: string | URL, init?: RequestInit) => streams.fetch(new Request(input, init)),
  };
  const first = await DurableStream.create({ ...options, contentType: "text/plain" });
  await first.append("first");
  const offset = (await first.head()).offset ?? "";
  await first.delete();
  await DurableStream.create({ ...options, contentType: "text/plain" });
  const read = stream(url, { fetch: options.fetch, offset, live: false });
  await expect(read).rejects.toThrow(StreamReplacedError);
  await expect(read).rejects.toMatchObject({ code: "STREAM_REPLACED", retryable: false });
});
