import { isRetryableStatus, mediaType, parseRetryAfterMs, readErrorBody } from "@freshet/core";
import { AgentStreamError } from "../wire/error.ts";

/** Whether a response is an event stream. */
export function isEventStream({ ok, headers }: Response): boolean {
  return ok && mediaType(headers.get("content-type")) === "text/event-stream";
}

/** The error of a response that is not an event stream. Reads the start of its body. */
export async function responseError(
  { body, headers, ok, status, url }: Response,
  lastEventId: string | undefined,
  signal?: AbortSignal,
): Promise<AgentStreamError> {
  const contentType = headers.get("content-type") ?? "no content type";
  const retryAfterMs = parseRetryAfterMs(headers.get("retry-after"));
  const start = await readErrorBody(body, { maxBytes: 1000, signal });
  signal?.throwIfAborted();
  const wait = retryAfterMs === undefined ? "" : `; it asks for a wait of ${retryAfterMs} ms`;
  return new AgentStreamError(
    ok ? "UNEXPECTED_CONTENT_TYPE" : "UNEXPECTED_STATUS",
    `${url || "The server"} responded ${status} (${contentType}${wait}), expected an event stream: ${start}`,
    {
      ...{ status, url, body: start, retryAfterMs, lastEventId },
      retryable: isRetryableStatus(status),
    },
  );
}
