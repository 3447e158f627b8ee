import type { Limits } from "./limits.ts";
import type { CorsOptions } from "./cors.ts";
import type { Store } from "../store/store.ts";

/** What a request wants to do. `fork` is asked for the source, `create` for the new stream. */
export type Operation =
  "create" | "append" | "close" | "read" | "head" | "delete" | "fork" | "subscribe";

/**
 * Decides whether a request may do something. `false` answers 403; a Response is the answer; what it
 * throws is logged and answered with 500.
 *
 * @param request - for its headers and URL: its body is the operation's to read
 * @param path - the stream's path below `basePath`, or the subscription's id
 */
export type Authorize = (
  request: Request,
  what: { operation: Operation; path: string },
) => boolean | Response | Promise<boolean | Response>;

/** What happened, for metrics. */
export type Metric =
  | {
      readonly type: "request";
      readonly operation: Operation | "preflight" | "unknown";
      readonly status: number;
      /** Until the answer was ready; for SSE, until its first byte was. */
      readonly durationMs: number;
    }
  /** How many readers wait now. */
  | { readonly type: "waitingReaders"; readonly count: number }
  | { readonly type: "webhook"; readonly outcome: "delivered" | "failed" };

/** Pino has this shape. */
export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface SubscriptionOptions {
  /**
   * Whether webhooks may go to `http://localhost` and `http://127.x.x.x` (default false): for
   * development. Others must be https and have a public address.
   */
  allowLocalWebhooks?: boolean;
}

export interface DurableStreamsOptions {
  /** Where the streams live. It is closed with the server. */
  store: Store;
  /** The URL path in front of every stream's own (default none), such as `/v1/stream`. */
  basePath?: string;
  /** Who may do what. Without it everybody may do everything. */
  authorize?: Authorize;
  /** Which other origins' pages may use it. Without it none. */
  cors?: CorsOptions;
  limits?: Partial<Limits>;
  /** How long a long-poll waits for data, in milliseconds (default 30,000). */
  longPollTimeoutMs?: number;
  /** How long an SSE answer lasts, in milliseconds (default 60,000): the reader connects again. */
  sseMaxAgeMs?: number;
  /** About how many bytes one read gives (default 1 MiB); at least one append, however long. */
  pageBytes?: number;
  /**
   * The origin that clients know, such as `https://streams.example`, for `Location` and callbacks;
   * default: each request's own. Behind a proxy that ends TLS the two differ.
   */
  publicUrl?: string;
  /** Subscriptions of the protocol (webhooks, pull-wake). `false` answers 404 to them. */
  subscriptions?: SubscriptionOptions | false;
  onMetric?: (metric: Metric) => void;
  logger?: Logger;
}
