import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { addAsyncDispose } from "@freshet/core";
import type { Listener } from "./listener.ts";

/** Serves a fetch function over HTTP on the loopback interface. */
export function listen(
  handle: (request: Request) => Promise<Response>,
  port: number,
): Promise<Listener> {
  const server = createServer((incoming, outgoing) => {
    serve(handle, incoming, outgoing).catch(() => outgoing.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port: actual } = server.address() as AddressInfo;
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      const listener = { url: `http://127.0.0.1:${actual}`, close };
      addAsyncDispose(listener, close);
      resolve(listener as Listener);
    });
  });
}

async function serve(
  handle: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const response = await handle(await requestOf(incoming, gone.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  const reader = response.body?.getReader();
  if (!reader) {
    outgoing.end();
    return;
  }
  // Cancelling a body that broke rejects with the error that broke it.
  gone.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || gone.signal.aborted) break;
    // Once written to the socket, a chunk is not lost in a later reset.
    await new Promise((resolve) => {
      outgoing.write(value, resolve);
    });
  }
  outgoing.end();
}

async function requestOf(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of Readable.from(incoming)) chunks.push(chunk as Uint8Array);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(",") : value);
  }
  const method = incoming.method ?? "GET";
  const url = `http://${incoming.headers.host ?? "127.0.0.1"}${incoming.url ?? "/"}`;
  const body = method === "GET" || method === "HEAD" ? null : Buffer.concat(chunks);
  return new Request(url, { method, headers, body, signal });
}
