export type { PostgresClient, PostgresStatements } from "./postgres-client.ts";
export { postgresStore } from "./postgres-store.ts";
export type { PostgresStoreOptions } from "./postgres-store.ts";
