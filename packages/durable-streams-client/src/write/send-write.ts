// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#52-append-to-stream
import { type AbortSignalLike, mediaType } from "@freshet/core";
import {
  DurableStreamError,
  FetchError,
  isRetryable,
  ProtocolError,
  withFacts,
} from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";
import type { EndpointResponse } from "../http/exchange.ts";
import { Retry } from "../http/retry.ts";
import type { StreamedBody } from "./append-source.ts";
import { writeError } from "./write-error.ts";

export interface WriteRequest {
  readonly method: "PUT" | "POST" | "DELETE" | "HEAD";
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | StreamedBody | undefined;
  readonly signal?: AbortSignalLike | undefined;
  /**
   * A repetition has no further effect. Any other write is retried only when the server cannot have
   * stored it: no connection was made, or the response was a 429.
   */
  readonly isRepeatable: boolean;
  /** The most retries; default: those of the endpoint. */
  readonly maxRetries?: number | undefined;
  /** A good response has one of these headers; any other does not come from a durable stream. */
  readonly expects: readonly string[];
}

/** The good response to a write. */
export interface WriteResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** An earlier attempt of this request may have reached the server. */
  readonly afterUnknown: boolean;
}

/** Sends a write (or HEAD) until it succeeds or a retry makes no sense. */
export async function sendWrite(endpoint: Endpoint, request: WriteRequest): Promise<WriteResponse> {
  const retry = new Retry(endpoint, request.signal);
  const { method, headers, signal, isRepeatable } = request;
  const streamed = typeof request.body === "object" && "open" in request.body && request.body;
  const canResend = !streamed || streamed.canReopen;
  retry.maxRetries = request.maxRetries ?? retry.maxRetries;
  let afterUnknown = false;
  for (;;) {
    try {
      const body = streamed ? streamed.open() : request.body;
      const response = await endpoint.send({ method, headers, body, signals: [signal] });
      if (response.status < 200 || response.status > 299) {
        throw await writeError(response, request);
      }
      await response.drain();
      checkResponse(response, request);
      return { status: response.status, header: (name) => response.header(name), afterUnknown };
    } catch (error) {
      if (streamed && streamed.failure) throw streamed.failure.error;
      afterUnknown ||= isOutcomeUnknown(error);
      const failure =
        afterUnknown && error instanceof DurableStreamError
          ? withFacts(error, { maybeStored: true })
          : error;
      // Neither a consumed source nor a write that may be stored is sent again, whatever `onError` returns.
      if (!canResend || (afterUnknown && !isRepeatable)) throw failure;
      await retry.recover(failure, isRepeatable ? isRetryable(error) : isRefused(error));
    }
  }
}

/** Whether the server may have executed the request although no response confirms it. */
function isOutcomeUnknown(error: unknown): boolean {
  // A good response that cannot be understood, perhaps because a browser hides its headers.
  if (error instanceof ProtocolError) return true;
  if (!(error instanceof FetchError)) return false;
  const { status, unsent, code } = error;
  if (status === undefined) return !unsent && code !== "HTTP_ERROR";
  return status < 300 || status === 408 || status >= 500;
}

/** Whether the server cannot have executed the request. */
function isRefused(error: unknown): boolean {
  return error instanceof FetchError && ((error.unsent && error.retryable) || error.status === 429);
}

/** Throws for the 200 of a captive portal, which must not count as stored. */
function checkResponse(response: EndpointResponse, { method, expects }: WriteRequest): void {
  const isStream =
    expects.length === 0
      ? mediaType(response.header("content-type")) !== "text/html"
      : expects.some((name) => response.header(name) !== undefined);
  if (isStream) return;
  throw new ProtocolError(
    `${method} ${response.url}: the response ${response.status} is not that of a durable stream: it ${expects.length > 0 ? `has no ${expects.join(" or ")} header` : "is an HTML page"} (a browser hides headers that Access-Control-Expose-Headers does not name).`,
    { url: response.url, status: response.status },
  );
}
