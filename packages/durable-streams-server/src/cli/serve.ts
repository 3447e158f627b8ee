import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { nodeListener } from "../node/listener.ts";
import { createDurableStreams, type DurableStreams } from "../server/durable-streams.ts";
import { memoryStore } from "../memory/memory-store.ts";
import type { Store } from "../store/store.ts";
import { serveArguments, usage, type ServeArguments, type StoreChoice } from "./arguments.ts";
import { Metrics } from "./metrics.ts";

/** `durable-streams serve`: runs until SIGTERM or SIGINT. */
export async function serve(args: string[]): Promise<void> {
  const options = serveArguments(args);
  if (!options) {
    console.log(usage);
    return;
  }
  const logger = pino({ level: options.logLevel });
  const metrics = new Metrics();
  const store = await openStore(options.store);
  const isAllowed = bearerCheck(options.tokens);
  const streams = createDurableStreams({
    store,
    basePath: options.basePath,
    logger,
    subscriptions: { allowLocalWebhooks: options.allowLocalWebhooks },
    onMetric: (metric) => {
      metrics.record(metric);
    },
    ...(options.publicUrl !== undefined && { publicUrl: options.publicUrl }),
    ...(options.cors.length > 0 && {
      cors: { origin: options.cors.includes("*") ? "*" : options.cors },
    }),
    ...(options.tokens.length > 0 && {
      authorize: ({ headers }) => isAllowed(headers.get("authorization")) || unauthorized(),
    }),
  });
  const side = new SideRoutes(store, metrics, isAllowed);
  const answer = nodeListener(streams);
  const server = createServer((request, response) => {
    if (!side.answer(request, response)) answer(request, response);
  });
  // Longer than a load balancer keeps an idle connection, or it would send into a closed one.
  server.keepAliveTimeout = 75_000;
  const url = await listen(server, options).catch(async (error: unknown) => {
    await streams.close();
    throw listenError(error, options);
  });
  logger.info({ url, store: options.store.kind, pid: process.pid }, "listening");
  if (options.tokens.length === 0 && !isLoopback(options.host)) {
    logger.warn({ host: options.host }, "everybody who can reach this address may read and write");
  }
  const signal = await stopSignal();
  logger.info({ signal }, "shutting down");
  side.isStopping = true;
  await shutDown(server, streams);
  logger.info({}, "stopped");
  // A connection to a database that is gone is not waited for.
  setTimeout(() => process.exit(), FLUSH_MS).unref();
}

async function openStore(choice: StoreChoice): Promise<Store> {
  switch (choice.kind) {
    case "memory":
      return memoryStore();
    case "lmdb": {
      const { lmdbStore } = await import("../lmdb/index.ts");
      return lmdbStore({ path: choice.path });
    }
    case "postgres": {
      const { postgresStore } = await import("../postgres/index.ts");
      return postgresStore({ url: choice.url });
    }
  }
}

type BearerCheck = (authorization: string | null | undefined) => boolean;

function bearerCheck(tokens: readonly string[]): BearerCheck {
  // Hashes have one length, so that comparing them takes the same time whatever was sent.
  const hash = (text: string) => createHash("sha256").update(text).digest();
  const expected = tokens.map((token) => hash(`Bearer ${token}`));
  return (authorization) => {
    const given = hash(authorization ?? "");
    return expected.length === 0 || expected.some((token) => timingSafeEqual(token, given));
  };
}

function unauthorized(): Response {
  return new Response("Authorization must be Bearer and a token of this server.\n", {
    status: 401,
    headers: { "www-authenticate": "Bearer" },
  });
}

/** /healthz and /metrics, beside the streams. */
class SideRoutes {
  isStopping = false;
  readonly #store: Store;
  readonly #metrics: Metrics;
  readonly #isAllowed: BearerCheck;

  constructor(store: Store, metrics: Metrics, isAllowed: BearerCheck) {
    this.#store = store;
    this.#metrics = metrics;
    this.#isAllowed = isAllowed;
  }

  /** Whether the request was for one of them. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    if (request.url === "/healthz") void this.#health(response);
    else if (request.url === "/metrics") void this.#sendMetrics(request, response);
    else return false;
    return true;
  }

  async #health(response: ServerResponse): Promise<void> {
    try {
      // Any question will do: it is whether the store answers that matters.
      await this.#store.head("healthz");
      const status = this.isStopping ? "stopping" : "ok";
      send(response, this.isStopping ? 503 : 200, "application/json", JSON.stringify({ status }));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      send(response, 503, "application/json", JSON.stringify({ status: "failing", message }));
    }
  }

  async #sendMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isAllowed(request.headers.authorization)) {
      response.setHeader("www-authenticate", "Bearer");
      send(response, 401, "text/plain", "Authorization must be Bearer and a token.\n");
      return;
    }
    const { registry } = this.#metrics;
    send(response, 200, registry.contentType, await registry.metrics());
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}

async function listen(server: Server, { host, port, basePath }: ServeArguments): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}${basePath}`;
}

/** What is wrong with the address, in the words of whoever typed it. */
function listenError(error: unknown, { host, port }: ServeArguments): unknown {
  const { code } = error as { code?: unknown };
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} of ${host} is taken: stop what listens there, or say another --port`,
    EACCES: `port ${port} may not be opened by this user: say a --port above 1023`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: say another --host`,
    ENOTFOUND: `${host} is not the name of an address: say another --host`,
  };
  const reason = typeof code === "string" ? reasons[code] : undefined;
  return reason === undefined ? error : new Error(reason, { cause: error });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}

/** How long the last answers may take on their way out, in milliseconds. */
const FLUSH_MS = 1000;

async function shutDown(server: Server, streams: DurableStreams): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await streams.close();
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
