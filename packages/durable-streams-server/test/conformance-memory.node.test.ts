import { runConformanceTests } from "@durable-streams/server-conformance-tests";
import { afterAll, beforeAll } from "vitest";
import { memoryStore } from "../src/index.ts";
import { serve, type RunningServer } from "./support/serve.ts";

let server: RunningServer;
const options = { baseUrl: "", longPollTimeoutMs: 2000, subscriptions: true };

beforeAll(async () => {
  server = await serve({
    store: memoryStore(),
    basePath: "/v1/stream",
    cors: { origin: "*" },
    subscriptions: { allowLocalWebhooks: true },
    longPollTimeoutMs: 2000,
  });
  options.baseUrl = server.url;
});

afterAll(async () => {
  await server.close();
});

runConformanceTests(options);
