import postgres from "postgres";
import { expect, test } from "vitest";
import { postgresStore } from "../src/postgres/index.ts";
import { PostgresServer } from "./support/postgres.ts";

test("takes a client of the user's own, and leaves it open", async () => {
  const server = await PostgresServer.start();
  const sql = postgres(server.url, { onnotice: () => undefined });
  try {
    const store = postgresStore({ sql });
    const created = await store.create({ path: "a", contentType: "text/plain", closed: false });
    expect(created.status).toBe("created");
    await store.close();
    expect(await sql`SELECT path FROM durable_streams.streams`).toEqual([{ path: "a" }]);
  } finally {
    await sql.end();
    await server.remove();
  }
}, 60_000);

test("an option that makes no sense is refused", () => {
  expect(() => postgresStore({})).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  expect(() => postgresStore({ url: "postgres://x", schema: 'a"; DROP' })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});
