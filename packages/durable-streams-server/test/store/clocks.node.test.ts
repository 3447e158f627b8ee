import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryStore, type Store } from "../../src/index.ts";
import { lmdbStore } from "../../src/lmdb/index.ts";
import { postgresStore } from "../../src/postgres/index.ts";
import { ExpiryGrace } from "../../src/store/expiry-grace.ts";
import { appendText, bytes, createText, readText, until } from "../../src/testing/fixtures.ts";
import { PostgresServer } from "../support/postgres.ts";

const MINUTE = 60_000;
const DAYS = 48 * 60 * MINUTE;

let server: PostgresServer;
let sql: Sql;
let folder: string;
let places = 0;

beforeAll(async () => {
  server = await PostgresServer.start(["fsync = off"]);
  sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => undefined });
  folder = await mkdtemp(join(tmpdir(), "freshet-clocks-"));
}, 120_000);

afterAll(async () => {
  await sql.end();
  await server.remove();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  places++;
});
afterEach(() => void vi.useRealTimers());

/** Sets the clock of this process, which goes on from there. */
function setClock(aheadMs: number): void {
  vi.useRealTimers();
  const { now } = Date;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.spyOn(Date, "now").mockImplementation(() => now() + aheadMs);
}

interface StoreOptions {
  readonly expiryGraceMs?: number;
}

const stores: Record<string, (options?: StoreOptions) => Store> = {
  memory: (options) => memoryStore({ sweepIntervalMs: 10, ...options }),
  LMDB: (options) =>
    lmdbStore({ path: join(folder, String(places)), sweepIntervalMs: 10, ...options }),
  PostgreSQL: (options) => openPostgres(options),
};

function openPostgres(options?: StoreOptions & Parameters<typeof postgresStore>[0]) {
  const schema = `clocks_${places}`;
  return postgresStore({ url: server.url, schema, sweepIntervalMs: 10, ...options });
}

/** Resolves after so many more sweeps of the stores that are open. */
async function sweeps(count: number): Promise<void> {
  const spy = vi.spyOn(ExpiryGrace.prototype, "cutoff");
  await until("sweeps", () => spy.mock.calls.length >= count);
  spy.mockRestore();
}

for (const [name, open] of Object.entries(stores)) {
  describe(`${name}, with a clock that is wrong for a while`, () => {
    test("a clock days ahead removes nothing for good", async () => {
      const store = open();
      const expiresAt = Date.now() + 15 * MINUTE;
      await createText(store, "absolute", { expiresAt, data: bytes("kept") });
      await createText(store, "sliding", { ttlSeconds: 900, data: bytes("kept") });
      setClock(DAYS);
      await sweeps(3);
      // Nor does a write that finds it expired.
      await appendText(store, "absolute", "x", { contentType: "text/other" });
      setClock(0);
      expect(await readText(store, "absolute")).toBe("kept");
      expect(await readText(store, "sliding")).toBe("kept");
      await store.close();
    });

    test("data that has expired goes after the grace period", async () => {
      const store = open({ expiryGraceMs: 0 });
      // So long ago by every clock.
      await createText(store, "old", { expiresAt: Date.now() - 1, data: bytes("old") });
      expect(await store.head("old")).toEqual({ status: "missing" });
      await sweeps(3);
      // Only of data that is still there it matters that the clock is put back.
      setClock(-DAYS);
      expect(await store.head("old")).toEqual({ status: "missing" });
      await store.close();
    });

    test("a path whose stream has expired is free, and the new stream keeps nothing of the old one", async () => {
      const store = open();
      const producer = { id: "p", epoch: 0, seq: 0 };
      await createText(store, "again", { expiresAt: Date.now() + 300, maxStreams: 1 });
      await appendText(store, "again", "old", { producer });
      await until("it is gone", async () => (await store.head("again")).status === "missing");
      expect(await appendText(store, "again", "x")).toEqual({ status: "missing" });
      expect(await store.delete("again")).toBe("missing");
      expect(await store.list({ prefix: "", limit: 10 })).toEqual([]);
      expect(await createText(store, "again", { maxStreams: 1 })).toMatchObject({
        status: "created",
      });
      expect(await appendText(store, "again", "new", { producer })).toMatchObject({
        status: "appended",
      });
      expect(await readText(store, "again")).toBe("new");
      await store.close();
    });

    test("a fork that takes the path of an expired fork keeps their source as long as it reads it", async () => {
      const store = open();
      await createText(store, "source", { data: bytes("source") });
      const fork = { path: "source", subOffset: 0 };
      await createText(store, "fork", { fork, expiresAt: Date.now() + 300 });
      await until("it is gone", async () => (await store.head("fork")).status === "missing");
      expect(await createText(store, "fork", { fork })).toMatchObject({ status: "created" });
      expect(await store.delete("source")).toBe("kept-for-forks");
      expect(await readText(store, "fork")).toBe("source");
      expect(await store.delete("fork")).toBe("removed");
      expect(await store.head("source")).toEqual({ status: "missing" });
      await store.close();
    });

    test("a stream that has expired is deleted, not missing, while forks read it", async () => {
      const store = open();
      await createText(store, "source", { expiresAt: Date.now() + 300, data: bytes("source") });
      const expiresAt = Date.now() + MINUTE;
      await createText(store, "fork", { fork: { path: "source", subOffset: 0 }, expiresAt });
      await until("it is gone", async () => (await store.head("source")).status === "deleted");
      expect(await appendText(store, "source", "x")).toEqual({ status: "deleted" });
      expect(await createText(store, "source")).toEqual({ status: "deleted" });
      expect(await readText(store, "fork")).toBe("source");
      await store.close();
    });
  });
}

test("LMDB, started with a clock days ahead, removes nothing for good", async () => {
  const first = stores["LMDB"]?.();
  if (!first) throw new Error("There is no such store.");
  await createText(first, "a", { expiresAt: Date.now() + 15 * MINUTE, data: bytes("kept") });
  await first.close();
  setClock(DAYS);
  const second = lmdbStore({ path: join(folder, String(places)), sweepIntervalMs: 10 });
  expect(await second.head("a")).toEqual({ status: "missing" });
  await sweeps(3);
  await second.close();
  setClock(0);
  const third = lmdbStore({ path: join(folder, String(places)) });
  expect(await readText(third, "a")).toBe("kept");
  await third.close();
});

describe("PostgreSQL, whose clock decides", () => {
  for (const aheadMs of [-20 * MINUTE, 20 * MINUTE]) {
    test(`a server whose clock is ${aheadMs / MINUTE} minutes off expires and touches streams at the same time`, async () => {
      const right = openPostgres();
      const now = Date.now();
      await createText(right, "absolute", { expiresAt: now + 10 * MINUTE, data: bytes("a") });
      await createText(right, "expired", { expiresAt: now - MINUTE, data: bytes("a") });
      setClock(aheadMs);
      const wrong = openPostgres({ expiryGraceMs: 0 });
      const ttlSeconds = 1;
      for (const path of ["read", "appended", "idle"])
        await createText(wrong, path, { ttlSeconds });
      await until("the idle one has expired", async () => {
        await appendText(wrong, "appended", "x");
        const page = await wrong.read({ path: "read", position: 0, maxBytes: 1 });
        if (page.status === "ok" && performance.now() >= page.touchDueAt) await wrong.touch("read");
        return (await wrong.head("idle")).status === "missing";
      });
      await sweeps(3);
      setClock(0);
      expect(await right.list({ prefix: "", limit: 10 })).toMatchObject([
        { path: "absolute" },
        { path: "appended" },
        { path: "read" },
      ]);
      const left = await sql`SELECT path FROM ${sql(`clocks_${places}`)}.streams ORDER BY 1`;
      expect(left.map(({ path }) => path as string)).toEqual(["absolute", "appended", "read"]);
      await Promise.all([right.close(), wrong.close()]);
    });
  }

  for (const [seconds, isWarned] of [
    [-6, true],
    [-4, false],
    [4, false],
    [6, true],
  ] as const) {
    test(`a clock ${seconds} s ahead of the database's is a metric, and ${isWarned ? "one" : "no"} warning`, async () => {
      setClock(seconds * 1000);
      const warn = vi.fn();
      const onMetric = vi.fn<(metric: { type: string; differenceMs: number }) => void>();
      const logger = { info: () => undefined, warn, error: () => undefined };
      const store = openPostgres({ logger, onMetric });
      await store.head("a");
      await until("measurements", () => onMetric.mock.calls.length >= 3);
      await store.close();
      for (const [{ type, differenceMs }] of onMetric.mock.calls) {
        expect(type).toBe("clockDifference");
        expect(Math.abs(differenceMs / 1000 - seconds)).toBeLessThan(0.9);
      }
      expect(warn).toHaveBeenCalledTimes(isWarned ? 1 : 0);
    });
  }

  test("a metrics hook that throws stops no sweep", async () => {
    const onMetric = vi.fn(() => {
      throw new Error("the hook fails");
    });
    const store = openPostgres({ onMetric });
    await store.head("a");
    await until("more sweeps", () => onMetric.mock.calls.length >= 3);
    await store.close();
  });
});
