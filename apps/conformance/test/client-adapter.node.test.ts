import { DurableStreamTestServer } from "@durable-streams/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AdapterProcess, type Json } from "./support/adapter-process.ts";

// The cases mirror those of the public suite (durable-streams/durable-streams,
// packages/client-conformance-tests), which is not on npm.

const server = new DurableStreamTestServer({ port: 0, longPollTimeout: 500 });
let serverUrl = "";
let adapter: AdapterProcess;
let count = 0;

beforeAll(async () => {
  serverUrl = await server.start();
  adapter = new AdapterProcess();
  const init = await send({ type: "init", serverUrl });
  expect(init).toMatchObject({ success: true, features: { sse: true, retryOptions: true } });
});

afterAll(async () => {
  expect(await send({ type: "shutdown" })).toEqual({ type: "shutdown", success: true });
  expect(await adapter.exitCode()).toBe(0);
  await server.stop();
});

const send = (command: Json) => adapter.send(command);

async function create(contentType = "text/plain", extra: Json = {}): Promise<string> {
  const path = `/case-${++count}`;
  expect(await send({ type: "create", path, contentType, ...extra })).toMatchObject({
    status: 201,
  });
  return path;
}

/** Reads, and adds the text of all chunks to the result. */
async function read(path: string, extra: Json = {}): Promise<Json> {
  const result = await send({ type: "read", path, timeoutMs: 3000, ...extra });
  const chunks = (result["chunks"] ?? []) as { data: string }[];
  return { ...result, data: chunks.map(({ data }) => data).join("") };
}

const inject = (path: string, fault: Json) =>
  fetch(`${serverUrl}/_test/inject-error`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path, count: 1, ...fault }),
  });

test("a stream can be created, appended to, read, closed and deleted", async () => {
  const path = await create();
  expect(await send({ type: "create", path, contentType: "text/plain" })).toMatchObject({
    status: 200,
  });
  expect(await send({ type: "create", path, contentType: "text/html" })).toMatchObject({
    ...{ success: false, errorCode: "CONFLICT", status: 409 },
  });
  expect(await send({ type: "connect", path })).toMatchObject({ success: true, status: 200 });
  const { offset } = await send({ type: "append", path, data: "one " });
  await send({ type: "append", path, data: "two", headers: { "X-Request-Id": "1" } });
  expect(await read(path)).toMatchObject({ data: "one two", upToDate: true, streamClosed: false });
  expect(await read(path, { offset })).toMatchObject({ data: "two" });
  expect(await send({ type: "append", path, data: "" })).toMatchObject({ status: 400 });
  expect(await send({ type: "close", path, data: "!" })).toMatchObject({
    success: true,
    status: 200,
  });
  expect(await send({ type: "head", path })).toMatchObject({
    streamClosed: true,
    contentType: "text/plain",
  });
  expect(await send({ type: "append", path, data: "x" })).toMatchObject({
    ...{ errorCode: "STREAM_CLOSED", status: 409 },
  });
  for (const live of ["long-poll", "sse", "auto"]) {
    expect(await read(path, { live })).toMatchObject({ data: "one two!", streamClosed: true });
  }
  expect(await send({ type: "delete", path })).toMatchObject({ success: true, status: 200 });
  for (const type of ["read", "head", "connect", "append", "close", "delete"]) {
    expect(await send({ type, path, data: "x" })).toMatchObject({
      errorCode: "NOT_FOUND",
      status: 404,
    });
  }
});

test.each(["long-poll", "sse", "auto"])(
  "a live read by %s receives what is appended later",
  async (live) => {
    const path = await create();
    expect(await read(path, { live, waitForUpToDate: true })).toMatchObject({
      chunks: [],
      upToDate: true,
    });
    const reading = read(path, { live, maxChunks: 1 });
    await fetch(serverUrl + path, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "new",
    });
    expect(await reading).toMatchObject({ data: "new" });
    expect(await read(path, { live, offset: "now", timeoutMs: 300 })).toMatchObject({
      chunks: [],
      upToDate: true,
    });
  },
);

test("a live read does not delay the next commands, and results keep their order", async () => {
  for (const live of ["long-poll", "sse"]) {
    const path = await create();
    const producer = { type: "idempotent-append", path, producerId: "late", autoClaim: true };
    expect(await send({ ...producer, epoch: 5, data: "first" })).toMatchObject({ success: true });
    const { offset } = await send({ type: "head", path });
    const reading = read(path, { live, offset, maxChunks: 1, timeoutMs: 10_000 });
    // Another session under an epoch that is no longer the latest: it claims the next one.
    const appending = send({ ...producer, epoch: 0, data: "second" });
    expect(await reading).toMatchObject({ type: "read", data: "second" });
    expect(await appending).toMatchObject({ type: "idempotent-append", success: true });
  }
});

test("a long-poll without data has status 204", async () => {
  const path = await create();
  const nothing = { live: "long-poll", offset: "now", timeoutMs: 300 };
  expect(await read(path, nothing)).toMatchObject({ status: 204, upToDate: true, chunks: [] });
});

test.each(["text/json", "application/vnd.api+json", "text/plain"])(
  "a stream of %s is not a JSON stream: it returns what was appended, line separators too",
  async (contentType) => {
    const path = await create(contentType);
    const data = '{"a": "\u0085\u2028\u2029"}';
    await send({ type: "append", path, data });
    for (const live of [false, "long-poll", "sse"]) {
      expect(await read(path, { live, waitForUpToDate: true })).toMatchObject({ data });
    }
  },
);

test("binary data is returned unchanged, also by SSE", async () => {
  const path = await create("application/octet-stream");
  const data = "AAABm/WLZTs=";
  await send({ type: "append", path, data, binary: true });
  await send({ type: "idempotent-append", path, producerId: "b", data, binary: true });
  const both = Buffer.concat([Buffer.from(data, "base64"), Buffer.from(data, "base64")]);
  for (const live of [false, "sse"]) {
    const result = await read(path, { live, waitForUpToDate: true });
    expect(result["chunks"]).toMatchObject([{ data: both.toString("base64"), binary: true }]);
  }
});

test.each([
  [{ status: 500 }],
  [{ status: 503, count: 2 }],
  [{ status: 429, retryAfter: 1 }],
  [{ dropConnection: true, count: 2 }],
  [{ delayMs: 200, status: 503 }],
])("reads and appends survive the fault %j", async (fault) => {
  const path = await create();
  await inject(path, { ...fault, method: "POST" });
  expect(await send({ type: "append", path, data: "kept" })).toMatchObject({ success: true });
  await inject(path, { ...fault, method: "GET" });
  expect(await read(path)).toMatchObject({ data: "kept" });
});

test("status 400, invalid JSON, control events and offsets are reported as errors", async () => {
  const path = await create("application/json");
  await send({ type: "append", path, data: '{"a":1}' });
  await inject(path, { status: 400 });
  expect(await read(path)).toMatchObject({ success: false, status: 400 });
  await inject(path, { corruptBody: true });
  expect(await read(path)).toMatchObject({ success: false, errorCode: "PARSE_ERROR" });
  for (const data of ["{invalid", ""]) {
    await inject(path, { injectSseEvent: { eventType: "control", data } });
    expect(await read(path, { live: "sse", maxChunks: 1 })).toMatchObject({
      errorCode: "PARSE_ERROR",
    });
  }
  await inject(path, { injectSseEvent: { eventType: "future", data: "x" } });
  expect(await read(path, { live: "sse", maxChunks: 1 })).toMatchObject({ data: '[{"a":1}]' });
  expect(await read(path, { offset: "not-an-offset" })).toMatchObject({
    errorCode: "INVALID_OFFSET",
    status: 400,
  });
});

test("an append with a sequence number that was used is refused", async () => {
  const path = await create();
  expect(await send({ type: "append", path, data: "a", seq: 1 })).toMatchObject({ success: true });
  expect(await send({ type: "append", path, data: "b", seq: 1 })).toMatchObject({
    ...{ errorCode: "SEQUENCE_CONFLICT", status: 409 },
  });
});

test("producers append batches of every JSON type, close and detach", async () => {
  const path = await create("application/json");
  const items = ["42", '"s"', "null", "[1, 2]", '{"o": 1}'];
  const batch = { type: "idempotent-append-batch", path, producerId: "p", epoch: 0 };
  expect(await send({ ...batch, items })).toMatchObject({ success: true });
  const objects = items.map((data) => ({ data }));
  const other = { ...batch, producerId: "p2", items: objects, maxInFlight: 5 };
  expect(await send(other)).toMatchObject({ success: true });
  // A new producer that sends what an earlier one has sent: nothing is stored twice.
  expect(await send({ ...batch, items })).toMatchObject({ success: true });
  const expected = '42,"s",null,[1,2],{"o":1}';
  expect(await read(path)).toMatchObject({ data: `[${expected},${expected}]` });
  expect(await send({ type: "idempotent-detach", path, producerId: "d" })).toMatchObject({
    status: 200,
  });
  for (const data of ['"A"', '"B"']) {
    expect(await send({ type: "idempotent-close", path, producerId: "c", data })).toMatchObject({
      status: 200,
    });
  }
  expect(await send({ type: "idempotent-close", path, producerId: "q" })).toMatchObject({
    ...{ errorCode: "STREAM_CLOSED", status: 409 },
  });
  expect(await read(path)).toMatchObject({
    data: `[${expected},${expected},"A"]`,
    streamClosed: true,
  });
});

test("a stream can be created closed, with its whole content", async () => {
  const path = await create("text/plain", { data: "all", closed: true, ttlSeconds: 60 });
  expect(await read(path)).toMatchObject({ data: "all", streamClosed: true });
});

test("dynamic headers and parameters are sent and reported", async () => {
  const path = await create();
  await send({ type: "set-dynamic-header", name: "X-Count", valueType: "counter" });
  await send({
    type: "set-dynamic-header",
    name: "X-Token",
    valueType: "token",
    initialValue: "t",
  });
  await send({ type: "set-dynamic-param", name: "n", valueType: "counter" });
  const first = { "X-Count": "1", "X-Token": "t" };
  expect(await send({ type: "append", path, data: "a" })).toMatchObject({
    ...{ headersSent: first, paramsSent: { n: "1" } },
  });
  expect(await read(path)).toMatchObject({
    headersSent: { "X-Count": "2" },
    paramsSent: { n: "2" },
  });
  await send({ type: "clear-dynamic" });
  expect((await read(path))["headersSent"]).toBeUndefined();
});

test.each([
  [
    "retry-options",
    { maxRetries: 3, initialDelayMs: 100, maxDelayMs: 5000, multiplier: 2 },
    undefined,
  ],
  ["retry-options", { maxRetries: -1 }, "maxRetries"],
  ["retry-options", { initialDelayMs: 0 }, "initialDelayMs"],
  ["retry-options", { initialDelayMs: 1000, maxDelayMs: 500 }, "maxDelayMs"],
  ["retry-options", { multiplier: 0.5 }, "multiplier"],
  ["idempotent-producer", { epoch: 0, maxBatchBytes: 1048576 }, undefined],
  ["idempotent-producer", { epoch: -1 }, "epoch"],
  ["idempotent-producer", { maxBatchBytes: 0 }, "maxBatchBytes"],
  ["idempotent-producer", { maxBatchItems: 0 }, "maxBatchItems"],
])("the options of %s are validated: %j", async (target, options, culprit) => {
  const result = await send({ type: "validate", target: { target, producerId: "p", ...options } });
  if (!culprit) expect(result).toEqual({ type: "validate", success: true });
  else {
    expect(result).toMatchObject({ success: false, errorCode: "INVALID_ARGUMENT" });
    expect(result["message"]).toContain(culprit);
  }
});

test("every benchmark operation runs", async () => {
  const path = await create("application/json");
  await send({ type: "append", path, data: "1" });
  const run = async (operation: Json) =>
    send({ type: "benchmark", iterationId: "i", operation: { path, size: 10, ...operation } });
  expect(await run({ op: "throughput_read" })).toMatchObject({ metrics: { messagesProcessed: 1 } });
  expect(await run({ op: "read" })).toMatchObject({ success: true, iterationId: "i" });
  const other = { contentType: "application/octet-stream" };
  for (const [op, name] of [
    ["create", "x"],
    ["append", "x"],
    ["roundtrip", "y"],
    ["throughput_append", "x"],
  ]) {
    const result = await run({ op, path: `${path}-${name}`, count: 5, ...other });
    expect(result).toMatchObject({ type: "benchmark", success: true });
  }
});

test("an invalid line and an unknown command have results too", async () => {
  expect(await adapter.sendLine("{nonsense")).toMatchObject({ success: false });
  expect(await send({ type: "dance" })).toMatchObject({ errorCode: "NOT_SUPPORTED" });
});
