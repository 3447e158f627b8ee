import { createServer } from "node:net";
import { listen } from "../listen.ts";
import { ProxiedConnection, type ReaderFaults, type ReaderRequest } from "./proxied-connection.ts";

export interface PageProxy extends AsyncDisposable {
  readonly url: string;
  /** Sets where new connections lead to; undefined: nowhere. */
  setTarget(url: string | undefined): void;
  /** Breaks the connections of all current readers and returns how many there were. */
  cut(): number;
  /** Breaks every reader's connection after so many bytes of its response; 0: none. */
  setCutEvery(bytes: number): void;
  /** Delays everything that is sent to a reader, in milliseconds. */
  setLatency(ms: number): void;
  /** Sets the listener for each request for events, the first and every later one. */
  onReader(listener: (request: ReaderRequest) => void): void;
}

/**
 * Starts the TCP proxy between browser and web server, which breaks and delays the connections on which
 * events are read. The page itself and its buttons pass untouched; otherwise nobody could repair
 * anything.
 */
export async function startPageProxy(port: number): Promise<PageProxy> {
  let target: string | undefined;
  const connections = new Set<ProxiedConnection>();
  const faults: ReaderFaults = { cutEvery: 0, latencyMs: 0, onReader: () => undefined };
  const server = createServer((client) => {
    if (target === undefined) {
      client.destroy();
      return;
    }
    const connection = new ProxiedConnection(client, target, faults);
    connections.add(connection);
    client.on("close", () => connections.delete(connection));
  });
  return {
    url: await listen(server, port),
    setTarget: (url) => {
      target = url;
    },
    cut: () => {
      const readers = [...connections].filter(({ isReader }) => isReader);
      for (const connection of readers) connection.destroy();
      return readers.length;
    },
    setCutEvery: (bytes) => {
      faults.cutEvery = bytes;
    },
    setLatency: (ms) => {
      faults.latencyMs = ms;
    },
    onReader: (listener) => {
      faults.onReader = listener;
    },
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
