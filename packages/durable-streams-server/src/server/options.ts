import type { Logger } from "../store/logger.ts";
import type { Store } from "../store/store.ts";
import type { CorsOptions } from "./cors.ts";
import type { GivenLimits } from "./limits.ts";

/** What a request does. A fork needs `fork` for its source and `create` for the new stream. */
export type RequestOperation =
  "create" | "append" | "close" | "read" | "head" | "delete" | "fork" | "subscribe";

/**
 * Decides whether a request is allowed. `false` becomes a 403; a Response is sent as it is. An error
 * that it throws is logged and becomes a 500.
 *
 * @param request - its headers and URL; the body is not part of it
 * @param what - `path` is the stream's path below `basePath`; for `subscribe` the id of the
 *   subscription, or empty for a list of them. `subscription` is an id: whoever was allowed to
 *   `subscribe` with it links the stream (`read`) or has wake events written to it (`append`). A stream
 *   that its pattern meets later is asked about with a request that has no headers.
 */
export type Authorize = (
  request: Request,
  what: { operation: RequestOperation; path: string; subscription?: string | undefined },
) => boolean | Response | Promise<boolean | Response>;

/** An event to count or measure. */
export type Metric =
  | {
      readonly type: "request";
      readonly operation: RequestOperation | "preflight" | "unknown";
      readonly status: number;
      /** Until the response was ready; for SSE, until its first byte was. */
      readonly durationMs: number;
    }
  /** How many live readers there are now. */
  | { readonly type: "waitingReaders"; readonly count: number }
  | { readonly type: "webhook"; readonly outcome: "delivered" | "failed" };

export interface SubscriptionOptions {
  /**
   * Whether webhooks may go to `http://localhost` and `http://127.x.x.x` (default false), for
   * development. Others must be https and have a public address.
   */
  allowLocalWebhooks?: boolean | undefined;
  /**
   * How long a key signs webhooks before another one does, in milliseconds: an hour or more (default
   * 90 days). Both are in the JWKS for a while.
   */
  signingKeyLifetimeMs?: number | undefined;
}

export interface DurableStreamsOptions {
  /** Where the streams are kept. It is closed with the server. */
  store: Store;
  /** The URL path in front of every stream's own, such as `/v1/stream` (default none). */
  basePath?: string | undefined;
  /** Decides who may do what. Without it everybody may do everything. */
  authorize?: Authorize | undefined;
  /** The other origins whose pages may use the server (default none). */
  cors?: CorsOptions | undefined;
  limits?: GivenLimits | undefined;
  /** How long a long-poll waits for data, in milliseconds (default 30,000). */
  longPollTimeoutMs?: number | undefined;
  /** How long an SSE response lasts, in milliseconds (default 60,000). The reader then reconnects. */
  sseMaxAgeMs?: number | undefined;
  /** About how many bytes one read returns (default 1 MiB): at least one append, however long. */
  pageBytes?: number | undefined;
  /**
   * The origin that clients know, such as `https://streams.example`, for `Location` and callbacks
   * (default the origin of each request). Behind a proxy that ends TLS the two differ.
   */
  publicUrl?: string | URL | undefined;
  /** Subscriptions of the protocol (webhooks, pull-wake). With `false` they are a 404. */
  subscriptions?: SubscriptionOptions | false | undefined;
  onMetric?: ((metric: Metric) => void) | undefined;
  logger?: Logger | undefined;
}
