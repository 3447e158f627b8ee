import type { ExchangeResponse } from "./exchange.ts";

/** A failed request: thrown anywhere, and sent as a response in plain text. */
export class HttpError extends Error {
  override readonly name: string = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
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
