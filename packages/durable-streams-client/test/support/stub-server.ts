import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The query as it came. */
  readonly search: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type StubHandler = (
  request: StubRequest,
  res: ServerResponse,
  index: number,
) => void | Promise<void>;

/** A server whose responses the test makes; it records the requests. */
export class StubServer implements AsyncDisposable {
  readonly requests: StubRequest[] = [];
  /** Responses that are neither ended nor broken off. */
  openResponses: number = 0;
  /** Connections that are open, and how many there ever were. */
  openConnections: number = 0;
  connections: number = 0;
  url: string = "";
  readonly #server;

  private constructor(handler: StubHandler) {
    this.#server = createServer((req, res) => {
      void this.#handle(req, res, handler);
    });
    this.#server.on("connection", (socket) => {
      this.connections++;
      this.openConnections++;
      socket.on("close", () => this.openConnections--);
    });
  }

  static async start(handler: StubHandler): Promise<StubServer> {
    const stub = new StubServer(handler);
    await new Promise<void>((resolve) => stub.#server.listen(0, "127.0.0.1", resolve));
    stub.url = `http://127.0.0.1:${(stub.#server.address() as AddressInfo).port}/stream`;
    return stub;
  }

  async #handle(req: IncomingMessage, res: ServerResponse, handler: StubHandler): Promise<void> {
    this.openResponses++;
    res.on("close", () => this.openResponses--);
    const url = new URL(req.url ?? "/", "http://stub");
    let body = "";
    try {
      for await (const chunk of req as AsyncIterable<Buffer>) body += chunk.toString("latin1");
    } catch {
      return; // the client left
    }
    const request = {
      method: req.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      search: url.search,
      headers: req.headers,
      body,
    };
    this.requests.push(request);
    await handler(request, res, this.requests.length - 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}

/** A page of a JSON stream. */
export function page(
  res: ServerResponse,
  items: unknown[],
  next: string,
  headers: Record<string, string> = {},
): void {
  res.writeHead(200, {
    "content-type": "application/json",
    "stream-next-offset": next,
    ...headers,
  });
  res.end(JSON.stringify(items));
}

export const upToDate = { "stream-up-to-date": "true" };
export const closed = { "stream-up-to-date": "true", "stream-closed": "true" };
