import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { DurableStreamTestServer } from "@durable-streams/server";
import { createDurableStreams } from "@freshet/durable-streams-server";
import { lmdbStore } from "@freshet/durable-streams-server/lmdb";
import { nodeListener } from "@freshet/durable-streams-server/node";
import { type RunningService, runService } from "./service.ts";

/** A durable streams server, which keeps its data in `dataDir`. */
export interface StreamsConfig {
  readonly server: StreamsServer;
  readonly dataDir: string;
  /** 0 takes a free one; a server that replaces another takes the place of it. */
  readonly port: number;
}

/**
 * - `reference`: `@durable-streams/server`, the protocol authors' own
 * - `freshet`: `@freshet/durable-streams-server`, which stores a batch and its number in one step, so
 *   that a kill at any moment neither loses nor repeats one
 */
export type StreamsServer = "reference" | "freshet";

await runService(async ({ server, dataDir, port }: StreamsConfig) => {
  const abandon = () => rmSync(dataDir, { recursive: true, force: true });
  const running = await (server === "freshet" ? ours : reference)(dataDir, port);
  return { ...running, abandon };
});

async function reference(dataDir: string, port: number): Promise<RunningService> {
  const server = new DurableStreamTestServer({ port, host: "127.0.0.1", dataDir });
  const url = await server.start();
  return { url, stop: () => server.stop() };
}

async function ours(dataDir: string, port: number): Promise<RunningService> {
  const streams = createDurableStreams({ store: lmdbStore({ path: dataDir }) });
  const server = createServer(nodeListener(streams));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const stop = async () => {
    server.closeAllConnections();
    await streams.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, stop };
}
