import { addAsyncDispose, type AsyncDisposableLike } from "@freshet/core";
import type { ExchangeRequest, ExchangeResponse } from "../http/exchange.ts";
import { fromRequest, toResponse } from "../http/fetch-adapter.ts";
import { LiveReaders } from "../protocol/read/live-readers.ts";
import type { Store } from "../store/store.ts";
import type { SubscriptionsOptions } from "../subscriptions/subscriptions-options.ts";
import { Subscriptions } from "../subscriptions/subscriptions.ts";
import { normalizeBasePath, streamPath } from "./base-path.ts";
import { checkServerOptions } from "./check-server-options.ts";
import { Cors } from "./cors.ts";
import { resolveLimits, type Limits } from "./limits.ts";
import type { Authorize, DurableStreamsOptions } from "./options.ts";
import { RequestHandler } from "./request-handler.ts";
import { Router } from "./router.ts";

/** A server: mount `fetch` in anything that speaks Request and Response. */
export interface DurableStreams extends AsyncDisposableLike {
  /** Responds to one request. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The same for adapters of other servers; `/node` has the one for Node's own. */
  readonly handle: (request: ExchangeRequest) => Promise<ExchangeResponse>;
  /**
   * Starts the background work of subscriptions: leases, retries, webhooks that are due. The first
   * request starts it as well, and so does `nodeListener`.
   */
  readonly start: () => void;
  /**
   * Ends the server: long-polls get their response, SSE its last control event, new requests a 503;
   * requests under way are finished, then the store is closed. A request whose body has not arrived
   * five seconds later, or whose hook has not decided, is not waited for and gets a 503 as well.
   */
  readonly close: () => Promise<void>;
}

/** How long `close` waits for requests that have not reached the store yet, in milliseconds. */
const REQUEST_GRACE_MS = 5000;
/** How long it then waits for readers to take their last event, in milliseconds. */
const READER_GRACE_MS = 2000;

/**
 * Makes a Durable Streams server as a fetch handler.
 *
 * @throws DurableStreamsServerError `INVALID_OPTION`
 * @example
 * ```ts
 * import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
 * import { Hono } from "hono";
 *
 * const streams = createDurableStreams({ store: memoryStore(), basePath: "/streams" });
 * const app = new Hono().all("/streams/*", (c) => streams.fetch(c.req.raw));
 * console.log((await app.request("/streams/hello", { method: "PUT" })).status); // 201
 * await streams.close();
 * ```
 */
export function createDurableStreams(given: DurableStreamsOptions): DurableStreams {
  checkServerOptions(given);
  const options = withHarmlessMetrics(given);
  const { store, cors, onMetric, logger } = options;
  const basePath = normalizeBasePath(options.basePath ?? "");
  const limits = resolveLimits(options.limits);
  const liveReaders = new LiveReaders(
    store,
    limits.waitingReaders,
    onMetric && ((count) => onMetric({ type: "waitingReaders", count })),
  );
  const subscriptions = openSubscriptions(options, basePath, limits);
  const toStreamPath = (pathname: string) => streamPath(basePath, pathname);
  const router = openRouter(options, { limits, liveReaders, subscriptions, toStreamPath });
  const handler = new RequestHandler(router, {
    toStreamPath,
    cors: cors && new Cors(cors),
    onMetric,
    logger,
  });
  const start = () => subscriptions?.start();
  const handle = (request: ExchangeRequest) => {
    start();
    return handler.handle(request);
  };
  let closing: Promise<void> | undefined;
  const streams = {
    handle,
    fetch: async (request: Request) => toResponse(await handle(fromRequest(request))),
    start,
    close: () => (closing ??= closeAll(handler, liveReaders, subscriptions, store)),
  };
  addAsyncDispose(streams, ({ close }) => close());
  return streams as DurableStreams;
}

interface RouterParts {
  readonly limits: Limits;
  readonly liveReaders: LiveReaders;
  readonly subscriptions: Subscriptions | undefined;
  readonly toStreamPath: (pathname: string) => string | undefined;
}

function openRouter(
  options: DurableStreamsOptions,
  { limits, liveReaders, subscriptions, toStreamPath }: RouterParts,
): Router {
  const { store, authorize, publicUrl, logger } = options;
  return new Router({
    limits,
    subscriptions,
    authorize,
    read: {
      store,
      liveReaders,
      longPollTimeoutMs: options.longPollTimeoutMs ?? 30_000,
      sseMaxAgeMs: options.sseMaxAgeMs ?? 60_000,
      pageBytes: options.pageBytes ?? 1024 * 1024,
      isPublic: !authorize,
      logger,
    },
    write: {
      store,
      maxBodyBytes: limits.bodyBytes,
      maxStreams: limits.streams,
      maxProducers: limits.producersPerStream,
      publicOrigin: publicUrl === undefined ? undefined : withoutSlash(publicUrl),
      onAppended: (path, range) => subscriptions?.appended(path, range),
      onDeleted: (path) => subscriptions?.deleted(path),
      toStreamPath,
    },
  });
}

function withoutSlash(url: string | URL): string {
  return String(url).replace(/\/+$/, "");
}

/** A metrics hook that throws must not fail requests. */
function withHarmlessMetrics(options: DurableStreamsOptions): DurableStreamsOptions {
  const { onMetric, logger } = options;
  if (!onMetric) return options;
  return {
    ...options,
    onMetric: (metric) => {
      try {
        onMetric(metric);
      } catch (err) {
        logger?.error({ err, metric: metric.type }, "onMetric failed");
      }
    },
  };
}

function openSubscriptions(
  { store, authorize, publicUrl, subscriptions, logger, onMetric }: DurableStreamsOptions,
  basePath: string,
  limits: Limits,
): Subscriptions | undefined {
  if (subscriptions === false) return undefined;
  return new Subscriptions({
    store,
    rootUrl: (origin) => withoutSlash(publicUrl ?? origin) + basePath,
    allowLocalWebhooks: subscriptions?.allowLocalWebhooks ?? false,
    signingKeyLifetimeMs: subscriptions?.signingKeyLifetimeMs ?? 90 * 24 * 3_600_000,
    limits,
    mayLink: authorize && mayLink(authorize),
    logger,
    onWebhook: (outcome) => onMetric?.({ type: "webhook", outcome }),
  });
}

/** The request that made a subscription is gone when its pattern meets a stream: only its id is left. */
function mayLink(authorize: Authorize): SubscriptionsOptions["mayLink"] {
  return async ({ id, baseUrl }, path) => {
    const url = `${baseUrl}/__ds/subscriptions/${encodeURIComponent(id)}`;
    const what = { operation: "read", path, subscription: id } as const;
    return (await authorize(new Request(url, { method: "PUT" }), what)) === true;
  };
}

async function closeAll(
  handler: RequestHandler,
  liveReaders: LiveReaders,
  subscriptions: Subscriptions | undefined,
  store: Store,
): Promise<void> {
  handler.refuse();
  liveReaders.end();
  await handler.whenIdle(REQUEST_GRACE_MS);
  await liveReaders.whenEmpty(READER_GRACE_MS);
  await subscriptions?.stop();
  await store.close();
}
