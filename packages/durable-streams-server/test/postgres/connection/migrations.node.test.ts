import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createDurableStreams, type Store } from "../../../src/index.ts";
import { ConnectionPool } from "../../../src/postgres/connection/connection-pool.ts";
import { ClockWatch } from "../../../src/postgres/connection/clock-watch.ts";
import { Database } from "../../../src/postgres/connection/database.ts";
import { LAYOUT_VERSION, migrate } from "../../../src/postgres/connection/migrations.ts";
import { postgresStore } from "../../../src/postgres/index.ts";
import { PostgresSweepSteps } from "../../../src/postgres/postgres-sweep-steps.ts";
import { ExpiryGrace } from "../../../src/store/expiry-grace.ts";
import { appendText, createText, until } from "../../../src/testing/fixtures.ts";
import { PostgresServer } from "../../support/postgres.ts";

let server: PostgresServer;
let sql: Sql;
let store: Store;

beforeAll(async () => {
  server = await PostgresServer.start(["fsync = off"]);
  sql = postgres(server.url, { max: 4, fetch_types: false, onnotice: () => undefined });
}, 120_000);

afterAll(async () => {
  await sql.end();
  await server.remove();
});

beforeEach(async () => {
  store = postgresStore({ url: server.url, connections: 4, sweepIntervalMs: 1_000_000 });
  for (const path of ["cached", "other", "sliding", "source"]) {
    await createText(store, path, path === "sliding" ? { ttlSeconds: 1 } : {});
  }
  await appendText(store, "cached", "first");
  await store.documents.set("document", "{}", undefined);
  await sql`INSERT INTO durable_streams.garbage VALUES (1000)`;
});

afterEach(async () => {
  await store.close();
  await sql`DROP SCHEMA durable_streams CASCADE`;
});

const newerLayout = () => sql`UPDATE durable_streams.layout SET version = ${LAYOUT_VERSION + 1}`;
const tables = ["streams", "data", "producers", "garbage", "documents"] as const;
const contents = () =>
  Promise.all(
    tables.map((table) => sql`SELECT * FROM durable_streams.${sql(table)} ORDER BY 1`.values()),
  );
const isWaiting = async () =>
  (await sql`SELECT 1 FROM pg_locks WHERE NOT granted AND relation IS NOT NULL`).length > 0;

/** Every kind of write. */
const writes: Record<string, () => Promise<unknown>> = {
  "an append to a stream that is cached": () => appendText(store, "cached", "more"),
  "an append that closes": () => appendText(store, "cached", undefined, { close: true }),
  "an append of much data": () => appendText(store, "cached", "x".repeat(1024 * 1024)),
  "an append of a producer": () =>
    appendText(store, "cached", "x", { producer: { id: "p", epoch: 0, seq: 0 } }),
  "a creation": () => createText(store, "new"),
  "a fork": () => createText(store, "fork", { fork: { path: "source", subOffset: 0 } }),
  "a deletion": () => store.delete("other"),
  "a touch": async () => {
    await until("the touch is due", async () => {
      const page = await store.read({ path: "sliding", position: 0, maxBytes: 1 });
      return page.status === "ok" && page.touchDueAt <= performance.now();
    });
    await store.touch("sliding");
  },
  "a new document": () => store.documents.set("another", "{}", undefined),
  "a changed document": async () => {
    const document = await store.documents.get("document");
    return store.documents.set("document", "{1}", document?.version);
  },
  "freeing the data of removed streams": async () => {
    const pool = new ConnectionPool(() => postgres(server.url, { max: 1, fetch_types: false }), {
      prepare: true,
      queryTimeoutMs: 30_000,
    });
    const database = new Database(pool, "durable_streams");
    // The layout was the current one when this process started.
    vi.spyOn(database, "ready").mockResolvedValue();
    const steps = new PostgresSweepSteps(database, () => Promise.resolve(), {
      grace: new ExpiryGrace(0),
      clockWatch: new ClockWatch(undefined, undefined),
    });
    await steps.free().finally(() => pool.end());
  },
  "a removed document": async () => {
    const document = await store.documents.get("document");
    return store.documents.set("document", undefined, document?.version);
  },
};

for (const [name, write] of Object.entries(writes)) {
  test(`${name} by a process of an earlier layout is refused and stores nothing`, async () => {
    const before = await contents();
    await newerLayout();
    await expect(write()).rejects.toMatchObject({ code: "STORE_VERSION" });
    expect(await contents()).toEqual(before);
  });
}

test("a write that waits for a migration is refused when the migration is done", async () => {
  const before = await contents();
  let appending: Promise<unknown> | undefined;
  await sql.begin(async (transaction) => {
    await transaction`LOCK TABLE durable_streams.streams IN EXCLUSIVE MODE`;
    appending = appendText(store, "cached", "more").catch((error: unknown) => error);
    await until("the append waits", isWaiting);
    await transaction`UPDATE durable_streams.layout SET version = ${LAYOUT_VERSION + 1}`;
  });
  expect(await appending).toMatchObject({ code: "STORE_VERSION" });
  expect(await contents()).toEqual(before);
});

test("a migration waits for the writes that are under way", async () => {
  const pool = new ConnectionPool(() => postgres(server.url, { max: 2, fetch_types: false }), {
    prepare: true,
    queryTimeoutMs: 30_000,
  });
  const steps = [() => "", (schema: string) => `ALTER TABLE ${schema}.streams ADD extra text`];
  let migrating: Promise<void> | undefined;
  const layout = () => sql`SELECT version FROM durable_streams.layout`.values();
  await sql.begin(async (transaction) => {
    await transaction`UPDATE durable_streams.data SET end_position = end_position`;
    migrating = migrate(pool, "durable_streams", steps);
    await until("the migration waits", isWaiting);
    expect(await layout()).toEqual([[1]]);
  });
  await migrating;
  expect(await layout()).toEqual([[2]]);
  await pool.end();
});

test("over HTTP a write by a process of an earlier layout is a 503 with Retry-After, and reads go on", async () => {
  const streams = createDurableStreams({ store });
  await newerLayout();
  const headers = { "content-type": "text/plain" };
  const url = "http://localhost/cached";
  const response = await streams.fetch(new Request(url, { method: "POST", headers, body: "x" }));
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await response.text()).toContain("layout 2");
  expect(await (await streams.fetch(new Request(url))).text()).toBe("first");
});

test("a process that starts on a newer layout reports STORE_VERSION", async () => {
  await newerLayout();
  const late = postgresStore({ url: server.url });
  await expect(late.head("cached")).rejects.toMatchObject({ code: "STORE_VERSION" });
  await late.close();
});
