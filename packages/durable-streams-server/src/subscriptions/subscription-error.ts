import { FreshetError, isRetryableStatus } from "@freshet/core";

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
  | "TOO_MANY_SUBSCRIPTIONS"
  | "METHOD_NOT_ALLOWED";

/** The HTTP status of each code. */
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
  TOO_MANY_SUBSCRIPTIONS: 507,
  METHOD_NOT_ALLOWED: 405,
};

/** A refused control request: becomes a response `{"error": {"code", "message", …}}`. */
export class SubscriptionError extends FreshetError<SubscriptionErrorCode> {
  override readonly name: string = "SubscriptionError";
  declare readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: SubscriptionErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(code, message, { retryable: isRetryableStatus(errorStatus[code]) }, { details });
  }
}
