import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DurableStream, IdempotentProducer, stream } from "@durable-streams/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lmdbStore } from "../src/lmdb/index.ts";
import { serve, type RunningServer } from "./support/serve.ts";

let server: RunningServer;
let path: string;
let streams = 0;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "freshet-reference-client-"));
  server = await serve({ store: lmdbStore({ path }), longPollTimeoutMs: 500 });
});
afterAll(async () => {
  await server.close();
  await rm(path, { recursive: true });
});

const create = (contentType: string) =>
  DurableStream.create({ url: `${server.url}/reference-${++streams}`, contentType });
const json = "application/json";

test("the reference client appends in order, and reads back", async () => {
  const handle = await create(json);
  await Promise.all(Array.from({ length: 100 }, (_, n) => handle.append(JSON.stringify({ n }))));
  const response = await handle.stream({ live: false });
  const items = await response.json<{ n: number }>();
  expect(items.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test.each(["long-poll", "sse"] as const)(
  "the reference client follows a stream by %s until it is closed",
  async (live) => {
    const handle = await create(json);
    await handle.append('"before"');
    const response = await stream<string>({ url: handle.url, offset: "-1", live });
    const seen: string[] = [];
    const following = new Promise<void>((resolve) => {
      response.subscribeJson(({ items }) => {
        seen.push(...items);
        if (seen.length === 22) resolve();
        return Promise.resolve();
      });
    });
    for (let n = 0; n < 20; n++) await handle.append(JSON.stringify(`live ${n}`));
    await handle.close({ body: '"end"' });
    await following;
    expect(seen).toEqual(["before", ...Array.from({ length: 20 }, (_, n) => `live ${n}`), "end"]);
    response.cancel();
  },
);

test("the reference client gets bytes through SSE unchanged", async () => {
  const handle = await create("application/octet-stream");
  const bytes = Uint8Array.from({ length: 3000 }, (_, n) => n % 256);
  await handle.append(bytes);
  await handle.close();
  const response = await stream({ url: handle.url, offset: "-1", live: "sse" });
  expect(await response.body()).toEqual(bytes);
});

test("the reference producer writes each message once, and a newer one fences it off", async () => {
  const handle = await create(json);
  const producer = new IdempotentProducer(handle, "p", { lingerMs: 0, maxBatchBytes: 100 });
  for (let n = 0; n < 200; n++) producer.append(JSON.stringify({ n }));
  await producer.flush();
  const newer = new IdempotentProducer(handle, "p", { epoch: 1 });
  newer.append('{"n":200}');
  await newer.flush();
  const items = await (await handle.stream({ live: false })).json<{ n: number }>();
  expect(items.map(({ n }) => n)).toEqual(Array.from({ length: 201 }, (_, n) => n));
});

test("the reference client deletes a stream, and finds it missing", async () => {
  const handle = await create("text/plain");
  await handle.append("hi");
  expect(await handle.head()).toMatchObject({ exists: true, contentType: "text/plain" });
  await handle.delete();
  expect(await handle.head()).toMatchObject({ exists: false });
});
