import { createRequire } from "node:module";
import { DurableStreamsServerError } from "../../store/errors.ts";
import type { PostgresClient } from "./postgres-client.ts";

/**
 * Loads postgres.js, an optional peer, so that the error can say what to do.
 *
 * @returns a function that opens a pool
 */
export function connector(url: string, connections: number): () => PostgresClient {
  let postgres: (url: string, options: object) => PostgresClient;
  try {
    postgres = createRequire(import.meta.url)("postgres") as typeof postgres;
  } catch (cause) {
    throw new DurableStreamsServerError(
      "PEER_MISSING",
      "postgresStore needs the package postgres: npm install postgres",
      { cause },
    );
  }
  const settings = {
    max: connections,
    // The types of the catalog are not needed.
    fetch_types: false,
    connect_timeout: 10,
    // Finds a database that comes back within a second.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    connection: { application_name: "durable-streams" },
    onnotice: () => undefined,
  };
  return () => postgres(url, settings);
}
