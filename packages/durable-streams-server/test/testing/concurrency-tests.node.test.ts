import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { memoryStore } from "../../src/index.ts";
import { lmdbStore } from "../../src/lmdb/index.ts";
import { postgresStore } from "../../src/postgres/index.ts";
import { concurrencyTests } from "../../src/testing/index.ts";
import { PostgresServer } from "../support/postgres.ts";

let postgres: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  postgres = await PostgresServer.start(["fsync = off"]);
}, 120_000);
afterAll(() => postgres.remove());

describe("memory", () => {
  const place = () =>
    Promise.resolve({
      open: () => memoryStore(),
      isDurable: false,
      remove: () => Promise.resolve(),
    });
  for (const { name, run } of concurrencyTests(place, { stores: 1 })) test(name, run);
});

describe("LMDB", () => {
  const place = async () => {
    const path = await mkdtemp(join(tmpdir(), "freshet-lmdb-"));
    return {
      open: () => lmdbStore({ path }),
      isDurable: true,
      remove: () => rm(path, { recursive: true }),
    };
  };
  for (const { name, run } of concurrencyTests(place, { stores: 1 })) test(name, run);
});

describe("PostgreSQL", () => {
  const place = () => {
    const schema = `concurrent_${++schemas}`;
    return Promise.resolve({
      open: () => postgresStore({ url: postgres.url, schema, connections: 4 }),
      isDurable: true,
      remove: () => Promise.resolve(),
    });
  };
  for (const { name, run } of concurrencyTests(place, { stores: 2 })) test(name, run);
});
