import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import type { Store } from "../../src/index.ts";
import { postgresStore } from "../../src/postgres/index.ts";
import { appendText, createText, readText } from "../../src/testing/fixtures.ts";
import { PostgresServer } from "../support/postgres.ts";

const MIB = 1024 * 1024;
const contentType = "text/plain";

let server: PostgresServer;
let sql: Sql;
let store: Store;

beforeAll(async () => {
  server = await PostgresServer.start(["fsync = off"]);
  sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => undefined });
}, 120_000);

afterAll(async () => {
  await sql.end();
  await server.remove();
});

beforeEach(() => {
  store = postgresStore({ url: server.url });
});

afterEach(async () => {
  await store.close();
  await sql`DROP SCHEMA IF EXISTS durable_streams CASCADE`;
});

/** Bytes of every value, in no pattern. */
function noise(length: number): Uint8Array {
  const data = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    data[i] = state >>> 24;
  }
  return data;
}

/** The most memory that a task takes besides what was there before, in bytes. */
async function memoryOf(task: () => Promise<void>): Promise<number> {
  const used = () => process.memoryUsage().heapUsed + process.memoryUsage().external;
  const before = used();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, used())), 5);
  await task();
  clearInterval(timer);
  return most - before;
}

test("50 appends of 8 MiB at the same time are stored, small ones do not wait behind them, and memory stays bounded", async () => {
  const data = noise(8 * MIB);
  const paths = Array.from({ length: 50 }, (_, index) => `large-${index}`);
  const small = ["small-1", "small-2", "small-3", "small-4"];
  for (const path of [...paths, ...small]) await createText(store, path);
  let done = 0;
  /** How many large ones were done while a small one waited. */
  const overtaken: number[] = [];
  const memory = await memoryOf(async () => {
    const large = paths.map(async (path) => {
      const outcome = await store.append({ path, contentType, data, close: false });
      done++;
      return outcome.status;
    });
    const writing = small.map(async (path) => {
      while (done < paths.length) {
        const before = done;
        await appendText(store, path, "x");
        overtaken.push(done - before);
      }
    });
    expect(new Set(await Promise.all(large))).toEqual(new Set(["appended"]));
    await Promise.all(writing);
  });
  expect(overtaken.length).toBeGreaterThan(100);
  expect(Math.max(...overtaken)).toBeLessThanOrEqual(2);
  expect(memory).toBeLessThan(200 * MIB);
}, 120_000);

test("data of every size arrives as it was sent, the appends of a stream in order", async () => {
  await createText(store, "mixed");
  const sizes = [1, 300_000, 10, 256 * 1024, 256 * 1024 + 1, 3, 2 * MIB, 7];
  const parts = sizes.map((size) => noise(size));
  const outcomes = await Promise.all(
    parts.map((data, seq) => {
      const producer = { id: "p", epoch: 0, seq };
      return store.append({ path: "mixed", contentType, data, close: false, producer });
    }),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(sizes.map(() => "appended"));
  const page = await store.read({ path: "mixed", position: 0, maxBytes: 16 * MIB });
  const records = page.status === "ok" ? page.records : [];
  expect(Buffer.concat(records.map(({ data }) => data)).equals(Buffer.concat(parts))).toBe(true);
});

test("a large append that the database refuses stores nothing, and its connection goes on", async () => {
  await createText(store, "a");
  await createText(store, "b");
  await sql`ALTER TABLE durable_streams.data ADD CHECK (length(bytes) < 1000000)`;
  const append = (path: string, size: number) =>
    store.append({ path, contentType, data: noise(size), close: false });
  const failed = append("a", 2 * MIB);
  await expect(failed).rejects.toMatchObject({ cause: { code: "23514" } });
  for (let n = 0; n < 12; n++) await append("b", 500_000);
  expect(await store.head("a")).toMatchObject({ stream: { tail: 0 } });
  expect(await store.head("b")).toMatchObject({ stream: { tail: 6_000_000 } });
});

test("a client without COPY stores large appends too", async () => {
  const withoutCopy = new Proxy(sql, {
    get(target, key) {
      if (key !== "begin") return Reflect.get(target, key) as unknown;
      return (work: (connection: object) => Promise<unknown>) =>
        target.begin((connection) =>
          work({
            unsafe: (...args: Parameters<typeof connection.unsafe>) => {
              const query = connection.unsafe(...args);
              return { then: query.then.bind(query) };
            },
          }),
        );
    },
  });
  const other = postgresStore({ sql: withoutCopy });
  await createText(other, "a", { data: new TextEncoder().encode("é".repeat(300_000)) });
  expect(await readText(other, "a")).toBe("é".repeat(300_000));
  await other.close();
});
