import { isRetryableStatus, mediaType, parseRetryAfterMs, redactUrl } from "@freshet/core";
import { AgentStreamError } from "../wire/error.ts";

/** Whether a response is an event stream. */
export function isEventStream({ ok, headers }: Response): boolean {
  return ok && mediaType(headers.get("content-type")) === "text/event-stream";
}

/**
 * The error of a response that is not an event stream.
 *
 * @param body - the start of its body
 */
export function responseError(
  { headers, ok, status, url }: Response,
  body: string,
  lastEventId: string | undefined,
): AgentStreamError {
  const contentType = headers.get("content-type") ?? "no content type";
  const retryAfterMs = parseRetryAfterMs(headers.get("retry-after"));
  const wait = retryAfterMs === undefined ? "" : `; it asks for a wait of ${retryAfterMs} ms`;
  return new AgentStreamError(
    ok ? "UNEXPECTED_CONTENT_TYPE" : "UNEXPECTED_STATUS",
    `${url ? redactUrl(url) : "The server"} responded ${status} (${contentType}${wait}), expected an event stream: ${body}`,
    {
      status,
      url: url && redactUrl(url),
      body,
      retryAfterMs,
      lastEventId,
      retryable: isRetryableStatus(status),
    },
  );
}
