export type { PostgresClient, PostgresStatements } from "./connection/postgres-client.ts";
export { postgresStore } from "./postgres-store.ts";
export type { PostgresStoreOptions } from "./postgres-store.ts";
export type { StoreMetric } from "../store/store-metric.ts";
