import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { DurableStreamTestServer } from "@durable-streams/server";
import { createDurableStreams } from "@freshet/durable-streams-server";
import { lmdbStore } from "@freshet/durable-streams-server/lmdb";
import { nodeListener } from "@freshet/durable-streams-server/node";
import { listen } from "../listen.ts";
import type { StreamsConfig } from "../protocol/processes.ts";
import { type RunningService, runService } from "./service.ts";

await runService(async ({ server, dataDir, port }: StreamsConfig) => {
  const abandon = () => rmSync(dataDir, { recursive: true, force: true });
  const running = await (server === "freshet" ? freshet : reference)(dataDir, port);
  return { ...running, abandon };
});

async function reference(dataDir: string, port: number): Promise<RunningService> {
  const server = new DurableStreamTestServer({ port, host: "127.0.0.1", dataDir });
  const url = await server.start();
  return { url, stop: () => server.stop() };
}

async function freshet(dataDir: string, port: number): Promise<RunningService> {
  const streams = createDurableStreams({ store: lmdbStore({ path: dataDir }) });
  const server = createServer(nodeListener(streams));
  const url = await listen(server, port);
  const stop = async () => {
    server.closeAllConnections();
    await streams.close();
  };
  return { url, stop };
}
