import type { Logger } from "../store/logger.ts";
import type { Store } from "../store/store.ts";

/** What the subscriptions of a server work with. */
export interface SubscriptionsOptions {
  readonly store: Store;
  /** The root URL of the streams for a request from an origin, such as `https://host/v1/stream`. */
  readonly rootUrl: (origin: string) => string;
  readonly allowLocalWebhooks: boolean;
  readonly logger?: Logger | undefined;
  readonly onWebhook?: ((outcome: "delivered" | "failed") => void) | undefined;
}
