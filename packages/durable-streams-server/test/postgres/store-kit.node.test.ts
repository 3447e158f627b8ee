import postgres from "postgres";
import { afterAll, beforeAll, describe, test } from "vitest";
import { postgresStore } from "../../src/postgres/index.ts";
import { storeTests } from "../../src/testing/index.ts";
import { PostgresServer } from "../support/postgres.ts";

let server: PostgresServer;
let schemas = 0;

beforeAll(async () => {
  server = await PostgresServer.start();
}, 120_000);

afterAll(async () => {
  await server.remove();
});

for (const [how, options] of [
  ["with LISTEN", {}],
  ["polling, without prepared statements", { pollIntervalMs: 20, prepare: false }],
] as const) {
  describe(`PostgreSQL store, ${how}`, () => {
    const tests = storeTests(() => {
      const schema = `test_${++schemas}`;
      const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
      return Promise.resolve({
        open: () => postgresStore({ url: server.url, schema, connections: 4, ...options }),
        isDurable: true,
        usedBytes: async () => {
          const [found] = await sql`SELECT to_regclass(${`${schema}.data`}) IS NOT NULL AS exists`;
          if (!found?.["exists"]) return 0;
          const [row] =
            await sql`SELECT coalesce(sum(length(bytes)), 0) AS n FROM ${sql(schema)}.data`;
          return Number(row?.["n"]);
        },
        remove: async () => {
          await sql`DROP SCHEMA IF EXISTS ${sql(schema)} CASCADE`;
          await sql.end();
        },
      });
    });
    for (const { name, run } of tests) test(name, run);
  });
}
