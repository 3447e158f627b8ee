import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { promisify } from "node:util";
import { createDurableStreams } from "../../src/index.ts";
import type { DurableStreams, DurableStreamsOptions } from "../../src/index.ts";
import { nodeListener, type NodeListenerOptions } from "../../src/node/index.ts";

export interface RunningServer {
  url: string;
  streams: DurableStreams;
  /** How many clients are connected. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** A server on a free loopback port. */
export async function serve(
  options: DurableStreamsOptions,
  listenerOptions: NodeListenerOptions = {},
): Promise<RunningServer> {
  const streams = createDurableStreams(options);
  const server = createServer(nodeListener(streams, listenerOptions));
  // A test that keeps its process busy must not find its own connections timed out.
  server.keepAliveTimeout = 75_000;
  const url = await listen(server);
  return {
    url,
    streams,
    connections: promisify(server.getConnections.bind(server)),
    close: async () => {
      await streams.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
