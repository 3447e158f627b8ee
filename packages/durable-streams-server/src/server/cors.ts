/** https://fetch.spec.whatwg.org/#http-cors-protocol */
import { aBoolean, wholeNumber, type OptionRule, type OptionRules } from "@freshet/core";
import type { ExchangeRequest, ExchangeResponse } from "../http/exchange.ts";

/** The pages of other origins that may use the server. */
export interface CorsOptions {
  /** `"*"`, the origins by name, or a function that decides. */
  origin: "*" | readonly string[] | ((origin: string) => boolean);
  /** Whether cookies and Authorization may be sent (default false; not with `"*"`). */
  credentials?: boolean | undefined;
  /** Headers of your own that a page may send, besides those of the protocol and Authorization. */
  allowHeaders?: readonly string[] | undefined;
  /** How long a browser may keep the response to a preflight, in seconds (default 600). */
  maxAgeSeconds?: number | undefined;
}

const isTexts = (value: unknown) =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const anOrigin: OptionRule = {
  expected: '"*", an array of origins, or a function',
  accepts: (value) => value === "*" || typeof value === "function" || isTexts(value),
};

export const corsRules: OptionRules<CorsOptions> = {
  origin: anOrigin,
  credentials: aBoolean,
  allowHeaders: { expected: "an array of header names", accepts: isTexts },
  maxAgeSeconds: wholeNumber(0),
};

const requestHeaders = [
  "authorization",
  "content-type",
  "if-none-match",
  "producer-epoch",
  "producer-id",
  "producer-seq",
  "stream-closed",
  "stream-expires-at",
  "stream-fork-offset",
  "stream-fork-sub-offset",
  "stream-forked-from",
  "stream-seq",
  "stream-ttl",
];

const exposedHeaders = [
  "etag",
  "location",
  "producer-epoch",
  "producer-expected-seq",
  "producer-received-seq",
  "producer-seq",
  "retry-after",
  "stream-closed",
  "stream-cursor",
  "stream-expires-at",
  "stream-next-offset",
  "stream-sse-data-encoding",
  "stream-ttl",
  "stream-up-to-date",
].join(", ");

export class Cors {
  readonly #options: CorsOptions;

  constructor(options: CorsOptions) {
    this.#options = options;
  }

  /** Headers for the response to a request of any page. */
  headers(request: ExchangeRequest): Record<string, string> {
    const { origin, credentials = false } = this.#options;
    if (origin === "*") {
      return {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": exposedHeaders,
        "cross-origin-resource-policy": "cross-origin",
      };
    }
    const requester = request.header("origin");
    const vary = { vary: "origin" };
    if (requester === undefined) return vary;
    const isAllowed = typeof origin === "function" ? origin(requester) : origin.includes(requester);
    if (!isAllowed) return vary;
    return {
      ...vary,
      "access-control-allow-origin": requester,
      "access-control-expose-headers": exposedHeaders,
      "cross-origin-resource-policy": "cross-origin",
      ...(credentials && { "access-control-allow-credentials": "true" }),
    };
  }

  preflight(): ExchangeResponse {
    const { allowHeaders = [], maxAgeSeconds = 600 } = this.#options;
    return {
      status: 204,
      headers: {
        "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
        "access-control-allow-headers": [...requestHeaders, ...allowHeaders].join(", "),
        "access-control-max-age": String(maxAgeSeconds),
      },
    };
  }
}
