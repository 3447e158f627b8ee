import postgres from "postgres";
import { expect, test } from "vitest";
import { postgresStore } from "../../src/postgres/index.ts";
import { PostgresServer } from "../support/postgres.ts";

test("a client of the user's own is used and left open", async () => {
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

test("a database that is away is an error of the store, also for documents", async () => {
  const store = postgresStore({ url: "postgres://streams@127.0.0.1:1/none" });
  const unavailable = { code: "STORE_UNAVAILABLE" };
  await expect(store.documents.get("a")).rejects.toMatchObject(unavailable);
  await expect(store.head("a")).rejects.toMatchObject(unavailable);
  await store.close();

  // Away after it was there: the tables have been created.
  const layoutRow = { exists: true, version: 1 };
  const away = Object.assign(new Error("write CONNECTION_ENDED"), { code: "CONNECTION_ENDED" });
  const unsafe = (text: string) =>
    /layout('\) IS|$)/.test(text) ? Promise.resolve([layoutRow]) : Promise.reject(away);
  const sql = {
    unsafe: (text: string) => (text.includes("advisory") ? Promise.resolve([]) : unsafe(text)),
    begin: (work: (connection: { unsafe: typeof unsafe }) => Promise<unknown>) => work(sql),
    listen: () => Promise.reject(away),
    end: () => Promise.resolve(),
  };
  const later = postgresStore({ sql });
  await expect(later.documents.get("a")).rejects.toMatchObject(unavailable);
  await expect(later.documents.list("a")).rejects.toMatchObject(unavailable);
  await expect(later.documents.set("a", "{}", undefined)).rejects.toMatchObject(unavailable);
  await later.close();
});
