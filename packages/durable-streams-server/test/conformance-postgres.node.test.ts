import { postgresStore } from "../src/postgres/index.ts";
import { conformance } from "./support/conformance.ts";
import { PostgresServer } from "./support/postgres.ts";

conformance(async () => {
  const postgres = await PostgresServer.start();
  return { store: postgresStore({ url: postgres.url }), remove: () => postgres.remove() };
});
