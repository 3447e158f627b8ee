import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DurableStreamTestServer } from "@durable-streams/server";
import { createDurableStreams, memoryStore, type Store } from "@freshet/durable-streams-server";
import { lmdbStore } from "@freshet/durable-streams-server/lmdb";
import { nodeListener } from "@freshet/durable-streams-server/node";
import { postgresStore } from "@freshet/durable-streams-server/postgres";

/** One server of the benchmark, in a separate process, without compression. */
const [kind = "", place = ""] = process.argv.slice(2);

function store(): Store | undefined {
  if (kind === "memory") return memoryStore();
  if (kind === "lmdb") return lmdbStore({ path: place });
  if (kind === "postgres") return postgresStore({ url: place });
  return undefined;
}

async function startOurs(ours: Store): Promise<string> {
  const streams = createDurableStreams({ store: ours, basePath: "/v1/stream" });
  const server = createServer(nodeListener(streams));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function startReference(): Promise<string> {
  const files = kind === "reference-files" ? { dataDir: place } : {};
  return new DurableStreamTestServer({ port: 0, compression: false, ...files }).start();
}

const ours = store();
const url = ours ? await startOurs(ours) : await startReference();
process.on("message", () => {
  globalThis.gc?.();
  process.send?.({ memory: process.memoryUsage() });
});
process.send?.({ url: `${url}/v1/stream` });
process.once("disconnect", () => process.exit());
