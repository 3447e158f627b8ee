import type { Logger } from "../store/logger.ts";
import type { Store } from "../store/store.ts";
import type { SubscriptionState } from "./subscription-state.ts";

/** What the subscriptions of a server work with. */
export interface SubscriptionsOptions {
  readonly store: Store;
  /** The root URL of the streams for a request from an origin, such as `https://host/v1/stream`. */
  readonly rootUrl: (origin: string) => string;
  readonly allowLocalWebhooks: boolean;
  readonly signingKeyLifetimeMs: number;
  readonly limits: {
    readonly subscriptions: number;
    readonly subscriptionsPerStream: number;
  };
  /** Whether a subscription may link a stream that its pattern met after it was made. */
  readonly mayLink?: ((state: SubscriptionState, path: string) => Promise<boolean>) | undefined;
  readonly logger?: Logger | undefined;
  readonly onWebhook?: ((outcome: "delivered" | "failed") => void) | undefined;
}
