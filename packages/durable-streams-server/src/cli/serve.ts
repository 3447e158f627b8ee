import { nodeListener } from "../node/listener.ts";
import { createDurableStreams, type DurableStreams } from "../server/durable-streams.ts";
import type { Logger } from "../store/logger.ts";
import type { Store } from "../store/store.ts";
import { bearerCheck, unauthorized, type BearerCheck } from "./bearer-check.ts";
import { FLUSH_MS, isLoopback, listen } from "./http-server.ts";
import { jsonLogger } from "./json-logger.ts";
import { Metrics, metricsAreOff } from "./metrics.ts";
import { MonitoringRoutes } from "./monitoring-routes.ts";
import { openStore } from "./open-store.ts";
import { serveArguments, type ServeArguments } from "./serve-arguments.ts";
import { usage } from "./usage.ts";

/** `durable-streams serve`: runs until SIGTERM or SIGINT. */
export async function serve(args: string[]): Promise<void> {
  const options = serveArguments(args);
  if (!options) {
    console.log(usage);
    return;
  }
  const logger = jsonLogger(options.logLevel);
  const metrics = await Metrics.load();
  const store = await openStore(options.store, logger, (metric) => metrics?.record(metric));
  const isAllowed = bearerCheck(options.tokens);
  const streams = createStreams(options, { store, logger, metrics, isAllowed });
  const monitoring = new MonitoringRoutes(store, metrics, isAllowed);
  const handleStreams = nodeListener(streams);
  const server = await listen((request, response) => {
    if (!monitoring.handle(request, response)) handleStreams(request, response);
  }, options).catch(async (error: unknown) => {
    await streams.close();
    throw error;
  });
  const url = server.origin + options.basePath;
  logger.info({ url, store: options.store.kind, pid: process.pid }, "listening");
  logConcerns(options, logger, metrics);
  const signal = await stopSignal();
  logger.info({ signal }, "shutting down");
  monitoring.isStopping = true;
  await server.shutDown(() => streams.close());
  logger.info({}, "stopped");
  // A connection to a database that is gone must not keep the process.
  setTimeout(() => process.exit(), FLUSH_MS).unref();
}

interface Parts {
  readonly store: Store;
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  readonly isAllowed: BearerCheck;
}

function createStreams(
  options: ServeArguments,
  { store, logger, metrics, isAllowed }: Parts,
): DurableStreams {
  return createDurableStreams({
    store,
    basePath: options.basePath,
    logger,
    subscriptions: { allowLocalWebhooks: options.allowLocalWebhooks },
    ...(metrics && { onMetric: (metric) => metrics.record(metric) }),
    ...(options.publicUrl !== undefined && { publicUrl: options.publicUrl }),
    ...(options.cors.length > 0 && {
      cors: { origin: options.cors.includes("*") ? "*" : options.cors },
    }),
    ...(options.tokens.length > 0 && {
      // What a subscription does for whoever made it was allowed with it.
      authorize: ({ headers }, { subscription }) =>
        subscription !== undefined || isAllowed(headers.get("authorization")) || unauthorized(),
    }),
  });
}

/** Logs what may surprise whoever started the server. */
function logConcerns(
  { store, tokens, host }: ServeArguments,
  logger: Logger,
  metrics: Metrics | undefined,
): void {
  if (!metrics) logger.info({}, metricsAreOff);
  if (store.kind === "memory") {
    logger.warn({}, "streams are kept in memory and end with this process: --data DIR keeps them");
  }
  if (tokens.length === 0 && !isLoopback(host)) {
    logger.warn({ host }, "everybody who can reach this address may read and write: use --token");
  }
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
}
