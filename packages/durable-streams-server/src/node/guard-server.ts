import {
  maxTimerMs,
  timeLimit,
  wholeNumber,
  wholeNumberOrInfinity,
  type OptionRules,
} from "@freshet/core";
import { HttpError } from "../http/http-error.ts";
import { securityHeaders } from "../http/security-headers.ts";
import { expectOptions } from "../store/options.ts";
import { MAX_HEADERS } from "./check-headers.ts";
import { BodyRates, type RatedRequest, type RatedResponse } from "./body-rates.ts";

/** What a server of `node:http` puts up with. */
export interface ServerGuardOptions {
  /** How long a new connection may send nothing, in milliseconds (default 10,000). */
  firstByteTimeoutMs?: number | undefined;
  /** How long the headers of a request may take, in milliseconds (default 20,000): 408. */
  headersTimeoutMs?: number | undefined;
  /** The least that a client sends of a body, in bytes per second (default 1,024; 0 for any): 408. */
  minBodyBytesPerSecond?: number | undefined;
  /** Connections at the same time (default 25,000). Further ones are closed. */
  maxConnections?: number | undefined;
}

const rules: OptionRules<ServerGuardOptions> = {
  firstByteTimeoutMs: timeLimit,
  headersTimeoutMs: timeLimit,
  minBodyBytesPerSecond: wholeNumber(0),
  maxConnections: wholeNumberOrInfinity(1),
};

/** The part of Node's Socket that is used. */
interface GuardedSocket {
  readonly bytesRead: number;
  readonly destroyed: boolean;
  readonly writable: boolean;
  end(data: string): unknown;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
}

/** The part of Node's Server that is used. Named here, so that these types need no others. */
export interface NodeServer {
  maxConnections: number;
  headersTimeout: number;
  maxHeadersCount: number | null;
  requestTimeout: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each event has other parameters
  on(event: string, listener: (...args: any[]) => void): unknown;
}

const SPARE_HEADERS = 100;

/** Often enough for a deadline of seconds. */
const CHECK_INTERVAL_MS = 1000;

/**
 * Gives a server of `node:http` deadlines and limits for its connections, and responses with a reason to
 * requests that never reach a listener. Call it before `listen`.
 *
 * @throws DurableStreamsServerError `INVALID_OPTION`
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
 * import { guardServer, nodeListener } from "@freshet/durable-streams-server/node";
 *
 * const streams = createDurableStreams({ store: memoryStore() });
 * const server = createServer(nodeListener(streams));
 * guardServer(server, { maxConnections: 1000 });
 * server.listen(4437);
 * await streams.close();
 * server.close();
 * ```
 */
export function guardServer(server: NodeServer, options: ServerGuardOptions = {}): void {
  expectOptions(options, rules);
  const {
    firstByteTimeoutMs = 10_000,
    headersTimeoutMs = 20_000,
    minBodyBytesPerSecond = 1024,
    maxConnections = 25_000,
  } = options;
  if (maxConnections !== Infinity) server.maxConnections = maxConnections;
  server.headersTimeout = headersTimeoutMs > maxTimerMs ? 0 : headersTimeoutMs;
  // Node drops what is beyond that: the listener has to see that there is more than it accepts.
  server.maxHeadersCount = MAX_HEADERS + SPARE_HEADERS;
  // A body takes as long as its length needs: its rate is what counts.
  server.requestTimeout = 0;
  // Two options of Node's that it reads later. Requests without Host get to the listener, which refuses
  // them with a reason.
  Object.assign(server, {
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    requireHostHeader: false,
  });
  if (firstByteTimeoutMs <= maxTimerMs) limitSilence(server, firstByteTimeoutMs);
  if (minBodyBytesPerSecond > 0) {
    const rates = new BodyRates(minBodyBytesPerSecond);
    server.on("request", (request: RatedRequest, response: RatedResponse) => {
      rates.watch(request, response);
    });
  }
  server.on("clientError", refuse);
  server.on("checkExpectation", (_request: unknown, response: RatedResponse) => {
    const error = new HttpError(417, "Expect must be 100-continue, or left out.");
    const { status, headers, body } = error.toResponse();
    response.writeHead(status, { ...headers, ...securityHeaders });
    response.end(body as string);
  });
}

function limitSilence(server: NodeServer, timeoutMs: number): void {
  server.on("connection", (socket: GuardedSocket) => {
    const timer = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy();
    }, timeoutMs);
    timer.unref();
    socket.once("close", () => {
      clearTimeout(timer);
    });
  });
}

/** What was wrong with a request that Node could not read. */
function reasonOf(code: string | undefined): HttpError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new HttpError(431, "The headers of the request are longer than this server accepts.");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new HttpError(413, "The chunk extensions of the body are too long: leave them out.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new HttpError(408, "The headers of the request did not arrive in time.");
    default:
      return new HttpError(400, "The request is not valid HTTP/1.1.");
  }
}

function refuse(error: { code?: string }, socket: GuardedSocket): void {
  const { _httpMessage: response } = socket as { _httpMessage?: { headersSent?: boolean } | null };
  // A response that has begun cannot become another one.
  if (error.code === "ECONNRESET" || !socket.writable || response?.headersSent) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = reasonOf(error.code).toResponse();
  const text = body as string;
  const all = {
    ...headers,
    ...securityHeaders,
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reasons[status] ?? ""}\r\n${lines.join("")}\r\n${text}`);
}

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Payload Too Large",
  431: "Request Header Fields Too Large",
};
