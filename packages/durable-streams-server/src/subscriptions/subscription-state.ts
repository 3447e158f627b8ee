/** What the server keeps of a subscription: one document in the store, changed by compare-and-set. */
export interface SubscriptionState {
  readonly id: string;
  readonly config: SubscriptionConfig;
  /** Of the configuration: a repeated PUT with another one is a conflict. */
  readonly configHash: string;
  readonly createdAt: string;
  /** Where the subscription was made, for callback URLs. */
  readonly baseUrl: string;
  links: Record<string, SubscriptionLink>;
  /** Counts the wakes; an older one is fenced off. */
  generation: number;
  /** A wake is in flight. */
  wakeId: string | null;
  /** The tails at that wake, which `{"done": true}` acknowledges. */
  snapshot: Record<string, number>;
  /** The worker that claimed a pull-wake. */
  holder: string | null;
  leaseUntil: number | null;
  status: "active" | "failed";
  retries: number;
  /** When a webhook, or the announcement of a pull-wake, is to be tried again. */
  nextAttemptAt: number | null;
}

/** An object by stream path: paths are names like any other, "constructor" included. */
export function byPath<T>(entries: Iterable<readonly [string, T]> = []): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}

/** A document's value as a subscription. */
export function parseState(value: string): SubscriptionState {
  const state = JSON.parse(value) as SubscriptionState;
  state.links = byPath(Object.entries(state.links));
  state.snapshot = byPath(Object.entries(state.snapshot));
  return state;
}

export interface SubscriptionConfig {
  readonly type: "webhook" | "pull-wake";
  readonly pattern?: string | undefined;
  readonly streams: readonly string[];
  readonly webhookUrl?: string | undefined;
  readonly wakeStream?: string | undefined;
  readonly leaseTtlMs: number;
  readonly description?: string | undefined;
}

export interface SubscriptionLink {
  explicit: boolean;
  glob: boolean;
  /** The position up to which events were processed; -1 for none. */
  acked: number;
}

export type SubscriptionErrorCode =
  | "INVALID_REQUEST"
  | "SUBSCRIPTION_NOT_FOUND"
  | "SUBSCRIPTION_ALREADY_EXISTS"
  | "WEBHOOK_URL_REJECTED"
  | "TOKEN_INVALID"
  | "TOKEN_EXPIRED"
  | "FENCED"
  | "ALREADY_CLAIMED"
  | "NO_PENDING_WORK"
  | "INVALID_OFFSET"
  | "TOO_MANY_STREAMS"
  | "METHOD_NOT_ALLOWED";

export const errorStatus: Readonly<Record<SubscriptionErrorCode, number>> = {
  INVALID_REQUEST: 400,
  SUBSCRIPTION_NOT_FOUND: 404,
  SUBSCRIPTION_ALREADY_EXISTS: 409,
  WEBHOOK_URL_REJECTED: 400,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  FENCED: 409,
  ALREADY_CLAIMED: 409,
  NO_PENDING_WORK: 409,
  INVALID_OFFSET: 409,
  TOO_MANY_STREAMS: 507,
  METHOD_NOT_ALLOWED: 405,
};

/** Becomes an answer `{"error": {"code", "message", …}}`. */
export class SubscriptionError extends Error {
  override readonly name: string = "SubscriptionError";
  readonly code: SubscriptionErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: SubscriptionErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
