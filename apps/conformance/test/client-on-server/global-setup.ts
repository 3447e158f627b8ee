import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDurableStreams } from "@freshet/durable-streams-server";
import { lmdbStore } from "@freshet/durable-streams-server/lmdb";
import { nodeListener } from "@freshet/durable-streams-server/node";
import type { TestProject } from "vitest/node";
// eslint-disable-next-line import-x/no-relative-packages, no-restricted-imports -- the suite of another package runs here as it is, and this is a part of it
import { startFaultProxy } from "../../../../packages/durable-streams-client/test/support/fault-proxy.ts";

declare module "vitest" {
  interface ProvidedContext {
    proxyUrl: string;
  }
}

/** Runs the client's own suite on this repository's server instead of the protocol authors'. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const path = await mkdtemp(join(tmpdir(), "freshet-client-on-server-"));
  const streams = createDurableStreams({ store: lmdbStore({ path }), longPollTimeoutMs: 2000 });
  const server = createServer(nodeListener(streams));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = await startFaultProxy(`http://127.0.0.1:${String(port)}`);
  project.provide("proxyUrl", proxy.url);
  return async () => {
    await proxy.close();
    await streams.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(path, { recursive: true });
  };
}
