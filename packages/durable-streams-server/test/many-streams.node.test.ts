import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lmdbStore } from "../src/lmdb/index.ts";
import { readJson, send } from "./support/producers.ts";
import { serve } from "./support/serve.ts";

const STREAMS = 1000;
const MESSAGES = 5;

test("a thousand streams written concurrently are each correct", async () => {
  const path = await mkdtemp(join(tmpdir(), "freshet-many-"));
  const server = await serve({ store: lmdbStore({ path }) });
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  try {
    const statuses = new Map<number, number>();
    const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const oneStream = async (stream: number) => {
      const url = `${server.url}/stream-${stream}`;
      const type = { "content-type": "application/json" };
      count((await send(agent, "PUT", url, type)).status);
      for (let seq = 0; seq < MESSAGES; seq++) {
        const headers = {
          ...type,
          "producer-id": "p",
          "producer-epoch": "0",
          "producer-seq": String(seq),
        };
        count((await send(agent, "POST", url, headers, JSON.stringify({ stream, seq }))).status);
      }
    };
    await Promise.all(Array.from({ length: STREAMS }, (_, stream) => oneStream(stream)));
    expect(Object.fromEntries(statuses)).toEqual({ 200: STREAMS * MESSAGES, 201: STREAMS });
    for (let stream = 0; stream < STREAMS; stream++) {
      const expected = Array.from({ length: MESSAGES }, (_, seq) => ({ stream, seq }));
      expect(await readJson(`${server.url}/stream-${stream}`)).toEqual(expected);
    }
  } finally {
    agent.destroy();
    await server.close();
    await rm(path, { recursive: true });
  }
}, 60_000);
