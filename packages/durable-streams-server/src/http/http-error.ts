import { FreshetError, isRetryableStatus } from "@freshet/core";
import type { ExchangeResponse } from "./exchange.ts";

/** A failed request: thrown anywhere, and sent as a response in plain text. */
export class HttpError extends FreshetError<"HTTP_ERROR"> {
  override readonly name: string = "HttpError";
  declare readonly status: number;
  declare readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super("HTTP_ERROR", message, { retryable: isRetryableStatus(status) }, { status, headers });
  }

  toResponse(): ExchangeResponse {
    return {
      status: this.status,
      headers: {
        ...this.headers,
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
      },
      body: `${this.message}\n`,
    };
  }
}
