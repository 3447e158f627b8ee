import { positive } from "../store/check-option.ts";
import { exchangeOf, responseOf } from "../http/fetch-adapter.ts";
import type { ExchangeAnswer, ExchangeRequest } from "../http/exchange.ts";
import { DurableStreamsServerError } from "../store/errors.ts";
import { resolveLimits } from "./limits.ts";
import { WaitingRoom } from "../protocol/read/live-readers.ts";
import type { DurableStreamsOptions } from "./options.ts";
import type { ProtocolContext } from "../protocol/context.ts";
import { Router } from "./router.ts";
import { Subscriptions } from "../subscriptions/subscriptions.ts";

/** A server: mount `fetch` in anything that speaks Request and Response. */
export interface DurableStreams {
  /** Answers one request. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The same for adapters of other servers; `/node` has the one of Node's own. */
  readonly handle: (request: ExchangeRequest) => Promise<ExchangeAnswer>;
  /**
   * Ends: long-polls are answered, SSE gets its last control event, new requests get 503, requests
   * under way are finished, then the store is closed. One whose body has not arrived five seconds
   * later, or whose hook has not answered, is not waited for: it gets 503 as well.
   */
  readonly close: () => Promise<void>;
}

/** How long `close` waits for requests that have not come to the store yet, in milliseconds. */
const REQUEST_GRACE_MS = 5000;
/** How long it then waits for readers to take their last event, in milliseconds. */
const READER_GRACE_MS = 2000;

/**
 * A Durable Streams server as a fetch handler.
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
  const options = withHarmlessMetrics(given);
  const basePath = checkedBasePath(options.basePath ?? "");
  const limits = resolveLimits(options.limits);
  const { store, onMetric } = options;
  const waitingRoom = new WaitingRoom(
    store,
    limits.waitingReaders,
    onMetric && ((count) => onMetric({ type: "waitingReaders", count })),
  );
  const subscriptions = startSubscriptions(options, basePath);
  const context: ProtocolContext = {
    store,
    limits,
    waitingRoom,
    longPollTimeoutMs: positive("longPollTimeoutMs", options.longPollTimeoutMs ?? 30_000),
    sseMaxAgeMs: positive("sseMaxAgeMs", options.sseMaxAgeMs ?? 60_000),
    pageBytes: positive("pageBytes", options.pageBytes ?? 1024 * 1024),
    isPublic: !options.authorize,
    publicOrigin: options.publicUrl?.replace(/\/+$/, ""),
    logger: options.logger,
    onAppended: (path) => subscriptions?.appended(path),
    onDeleted: (path) => subscriptions?.deleted(path),
    toStreamPath: (pathname) => streamPath(basePath, pathname),
  };
  const router = new Router(context, options, subscriptions);
  const handle = (request: ExchangeRequest) => router.handle(request);
  let closing: Promise<void> | undefined;
  return {
    handle,
    fetch: async (request) => responseOf(await handle(exchangeOf(request))),
    close: () => (closing ??= close(router, context, subscriptions)),
  };
}

/** What counts requests must not fail them. */
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

function startSubscriptions(
  { store, publicUrl, subscriptions, logger, onMetric }: DurableStreamsOptions,
  basePath: string,
): Subscriptions | undefined {
  if (subscriptions === false) return undefined;
  return new Subscriptions({
    store,
    rootUrl: (origin) => (publicUrl ?? origin).replace(/\/+$/, "") + basePath,
    allowLocalWebhooks: subscriptions?.allowLocalWebhooks ?? false,
    logger,
    onMetric,
  });
}

async function close(
  router: Router,
  { waitingRoom, store }: ProtocolContext,
  subscriptions: Subscriptions | undefined,
): Promise<void> {
  router.refuse();
  waitingRoom.end();
  await router.whenIdle(REQUEST_GRACE_MS);
  await waitingRoom.whenEmpty(READER_GRACE_MS);
  await subscriptions?.stop();
  await store.close();
}

/** As it stands in URLs: percent-encoded, without a slash at its end. */
function checkedBasePath(basePath: string): string {
  if (basePath === "" || basePath.startsWith("/")) {
    return new URL(`http://localhost${basePath}`).pathname.replace(/\/+$/, "");
  }
  throw new DurableStreamsServerError(
    "INVALID_OPTION",
    `basePath is ${JSON.stringify(basePath)}: it must begin with a slash.`,
  );
}

function streamPath(basePath: string, pathname: string): string | undefined {
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const path = pathname.slice(basePath.length + 1);
  return path === "" ? undefined : path;
}
