import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** How long the last responses may take to be sent, in milliseconds. */
export const FLUSH_MS = 1000;

export interface HttpServer {
  readonly origin: string;
  /** Refuses new connections, runs `drain`, then closes the connections that are left. */
  shutDown(drain: () => Promise<void>): Promise<void>;
}

/** Listens on an address. Rejects with what to do if it cannot. */
export async function listen(
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = createServer(listener);
  // Longer than a load balancer keeps an idle connection, or it would send into a closed one.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    origin: `http://${name}:${address.port}`,
    shutDown: (drain) => shutDown(server, drain),
  };
}

function listenError(error: Error, host: string, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} of ${host} is in use: stop the process that listens there, or choose another --port.`,
    EACCES: `This user may not open port ${port}: choose a --port above 1023.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: choose another --host.`,
    ENOTFOUND: `${host} does not resolve to an address: choose another --host.`,
  };
  const { code = "" } = error as { code?: string };
  const reason = reasons[code];
  return reason === undefined ? error : new Error(reason, { cause: error });
}

async function shutDown(server: Server, drain: () => Promise<void>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await drain();
  const flushing = setInterval(() => {
    server.closeIdleConnections();
  }, 20);
  const cutOff = setTimeout(() => {
    server.closeAllConnections();
  }, FLUSH_MS);
  await closed;
  clearInterval(flushing);
  clearTimeout(cutOff);
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
