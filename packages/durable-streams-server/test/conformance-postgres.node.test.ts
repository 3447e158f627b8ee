import { runConformanceTests } from "@durable-streams/server-conformance-tests";
import { afterAll, beforeAll } from "vitest";
import { postgresStore } from "../src/postgres/index.ts";
import { PostgresServer } from "./support/postgres.ts";
import { serve, type RunningServer } from "./support/serve.ts";

let server: RunningServer;
let postgres: PostgresServer;
const options = { baseUrl: "", longPollTimeoutMs: 2000, subscriptions: true };

beforeAll(async () => {
  postgres = await PostgresServer.start();
  server = await serve({
    store: postgresStore({ url: postgres.url }),
    basePath: "/v1/stream",
    cors: { origin: "*" },
    subscriptions: { allowLocalWebhooks: true },
    longPollTimeoutMs: 2000,
  });
  options.baseUrl = server.url;
}, 120_000);

afterAll(async () => {
  await server.close();
  await postgres.remove();
});

runConformanceTests(options);
