import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgresClient from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { memoryStore, type Store } from "../../src/index.ts";
import { lmdbStore } from "../../src/lmdb/index.ts";
import { openTables } from "../../src/lmdb/tables.ts";
import { MemoryStreams } from "../../src/memory/memory-streams.ts";
import { postgresStore } from "../../src/postgres/index.ts";
import { idleSince } from "../../src/store/idle-producers.ts";
import { applyAppend } from "../../src/store/rules/append.ts";
import { applyCreate } from "../../src/store/rules/create.ts";
import { PostgresServer } from "../support/postgres.ts";

interface Options {
  readonly producerIdleMs?: number;
  readonly sweepIntervalMs: number;
}

let postgres: PostgresServer;
let folder: string;
let places = 0;
let store: Store;

beforeAll(async () => {
  postgres = await PostgresServer.start(["fsync = off"]);
  folder = await mkdtemp(join(tmpdir(), "freshet-idle-producers-"));
}, 120_000);
afterEach(() => store.close());
afterAll(async () => {
  await postgres.remove();
  await rm(folder, { recursive: true });
});

async function append(id: string, seq: number, maxProducers?: number): Promise<string> {
  const { status } = await store.append({
    path: "s",
    contentType: "text/plain",
    data: new TextEncoder().encode(`${id}${seq};`),
    close: false,
    producer: { id, epoch: 0, seq },
    maxProducers,
  });
  return status;
}

const createStream = () => store.create({ path: "s", contentType: "text/plain", closed: false });
const lmdbPath = () => join(folder, String(places));
const never = 1_000_000;

const opens = {
  memory: (options: Options) => memoryStore(options),
  LMDB: (options: Options) => lmdbStore({ path: (places++, lmdbPath()), ...options }),
  PostgreSQL: (options: Options) =>
    postgresStore({ url: postgres.url, schema: `p${++places}`, ...options }),
};

describe.each(Object.entries(opens))("%s", (_, open) => {
  test("at the limit the producers that are idle make room, and no other", async () => {
    store = open({ producerIdleMs: 400, sweepIntervalMs: never });
    await createStream();
    await append("idle", 0);
    await append("busy", 0);
    expect(await append("new", 0, 2)).toBe("too-many-producers");
    let seq = 0;
    const next = async () => {
      expect(await append("busy", ++seq, 2)).toBe("appended");
      return append("new", 0, 2);
    };
    await expect.poll(next, { timeout: 10_000, interval: 20 }).toBe("appended");
    expect(await append("busy", seq, 2)).toBe("duplicate");
    expect(await append("new", 0, 2)).toBe("duplicate");
    expect(await append("idle", 0, 2)).toBe("too-many-producers");
  });

  test("a producer that was idle is a new one, whether a sweep came by or not", async () => {
    store = open({ producerIdleMs: 100, sweepIntervalMs: never });
    await createStream();
    await append("p", 0);
    expect(await append("p", 0)).toBe("duplicate");
    await expect.poll(() => append("p", 2), { timeout: 10_000 }).toBe("sequence-gap");
    await expect.poll(() => append("p", 0), { timeout: 10_000 }).toBe("appended");
    expect(await append("p", 1, 1)).toBe("appended");
    expect(await append("q", 0, 1)).toBe("too-many-producers");
  });

  test("by default a producer is remembered for days", async () => {
    store = open({ sweepIntervalMs: 10 });
    await createStream();
    await append("p", 0);
    await append("q", 0);
    expect(await append("p", 0)).toBe("duplicate");
    expect(await append("new", 0, 2)).toBe("too-many-producers");
  });
});

describe("a sweep forgets idle producers, and counts what is left", () => {
  const swept = { producerIdleMs: 200, sweepIntervalMs: 20 };

  async function appendByMany(): Promise<void> {
    await createStream();
    await Promise.all(Array.from({ length: 30 }, (_, n) => append(`p${n}`, 0)));
  }

  test("PostgreSQL", async () => {
    store = opens.PostgreSQL(swept);
    await appendByMany();
    const sql = postgresClient(postgres.url, { max: 1 });
    const schema = sql(`p${places}`);
    const left = async () => {
      const [row] = await sql`SELECT count(*)::int AS count FROM ${schema}.producers`;
      return row?.["count"] as number;
    };
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
    const [row] = await sql`SELECT record::json->>'producers' AS count FROM ${schema}.streams`;
    expect(row?.["count"]).toBe("0");
    await sql.end();
  });

  test("LMDB", async () => {
    store = opens.LMDB(swept);
    await appendByMany();
    // The sweep makes room in time; then the newest one is all that is left.
    await expect.poll(() => append("last", 0, 1), { timeout: 10_000 }).toBe("appended");
    await store.close();
    const { root, producers, producerUses, streams } = openTables(lmdbPath(), undefined);
    expect([...producers.getKeys()].map(([, id]) => id)).toEqual(["last"]);
    expect(producerUses.getKeysCount()).toBe(1);
    expect(streams.get("s")?.producers).toBe(1);
    await root.close();
  });

  test("memory", () => {
    store = memoryStore();
    const streams = new MemoryStreams();
    const data = new Uint8Array(1);
    const contentType = "text/plain";
    const request = { path: "s", contentType, closed: false, close: false, data };
    applyCreate(streams, request, 0);
    const producer = (id: string) => ({ id, epoch: 0, seq: 0 });
    applyAppend(streams, { ...request, producer: producer("early") }, 1000, 1000);
    applyAppend(streams, { ...request, producer: producer("late") }, 2000, 1000);
    const id = streams.byPath("s")?.id ?? 0;
    streams.sweep(-Infinity, idleSince(2005, 1000));
    expect(streams.producer(id, "early")).toBeDefined();
    streams.sweep(-Infinity, idleSince(2010, 1000));
    expect(streams.producer(id, "early")).toBeUndefined();
    expect(streams.producer(id, "late")).toBeDefined();
    expect(streams.byPath("s")?.producers).toBe(1);
  });
});

test("an LMDB folder of layout 1 is brought up to date", async () => {
  store = opens.LMDB({ sweepIntervalMs: never });
  await createStream();
  await append("p", 0);
  await store.close();
  const old = openTables(lmdbPath(), undefined);
  old.root.transactionSync(() => {
    for (const { key, value } of [...old.producers.getRange()]) {
      void old.producers.put(key, value.slice(0, 2) as [number, number, number]);
    }
    old.producerUses.clearSync();
    void old.counters.put("lastId", 7);
    void old.counters.put("layoutVersion", 1);
  });
  await old.root.close();
  store = lmdbStore({ path: lmdbPath() });
  expect(await append("p", 0)).toBe("duplicate");
  expect(await append("p", 1)).toBe("appended");
  const created = await store.create({ path: "new", closed: false });
  expect(created.status === "created" && created.stream.generation).toBeGreaterThan(1e15);
});
