import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runConformanceTests } from "@durable-streams/server-conformance-tests";
import { afterAll, beforeAll } from "vitest";
import { lmdbStore } from "../src/lmdb/index.ts";
import { serve, type RunningServer } from "./support/serve.ts";

let server: RunningServer;
let path: string;
const options = { baseUrl: "", longPollTimeoutMs: 2000, subscriptions: true };

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "freshet-lmdb-"));
  server = await serve({
    store: lmdbStore({ path }),
    basePath: "/v1/stream",
    cors: { origin: "*" },
    subscriptions: { allowLocalWebhooks: true },
    longPollTimeoutMs: 2000,
  });
  options.baseUrl = server.url;
});

afterAll(async () => {
  await server.close();
  await rm(path, { recursive: true });
});

runConformanceTests(options);
