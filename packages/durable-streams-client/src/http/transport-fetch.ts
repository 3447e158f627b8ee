// https://fetch.spec.whatwg.org/
import { iterateBytes } from "@freshet/core";
import { abortable } from "./abortable.ts";
import { FetchError } from "../errors.ts";
import { toAbortSignal } from "./interrupt.ts";
import { readableStream } from "./readable-stream.ts";
import type { Transport, TransportRequest } from "./transport.ts";

// Nothing was sent if the name did not resolve or the port refused. Browsers do not tell these apart.
const unsentCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/** Whether the code of a system error, on the error or its cause, means that no connection was made. */
export function isUnsent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && unsentCodes.has(String(at.code))) return true;
    if (at instanceof AggregateError && at.errors.every(isUnsent)) return true;
  }
  return false;
}

/** The transport over `fetch`, for platforms other than Node and for callers that pass a `fetch`. */
export function fetchTransport(fetch?: typeof globalThis.fetch): Transport {
  return async (request) => {
    let response: Response;
    let sent: Promise<Response> | undefined;
    const signal = toAbortSignal(request.signal);
    try {
      sent = (fetch ?? globalThis.fetch)(request.url, requestInit(request, signal));
      // A caller's fetch may ignore the signal.
      response = await abortable(sent, signal);
    } catch (error) {
      // A response may still arrive, and nothing reads it.
      if (signal.aborted) sent?.then((late) => late.body?.cancel()).catch(() => undefined);
      throw isUnsent(error) ? Object.assign(error as Error, { unsent: true }) : error;
    }
    if (response.type === "opaqueredirect") {
      throw new FetchError(
        "HTTP_ERROR",
        `${request.method} ${request.url} was redirected, and a browser cannot follow that with a write: use the stream's final URL.`,
        { url: request.url },
      );
    }
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: response.body ? iterateBytes(response.body, { signal }) : undefined,
    };
  };
}

interface StreamingRequestInit extends RequestInit {
  duplex?: "half";
}

function requestInit(request: TransportRequest, signal: AbortSignal): StreamingRequestInit {
  const { method, headers, body } = request;
  const isRead = method === "GET" || method === "HEAD";
  // fetch turns a redirected POST into a GET, whose 200 would look like a stored append.
  const init: StreamingRequestInit = {
    method,
    headers,
    signal,
    redirect: isRead ? "follow" : "manual",
  };
  // `cache` keeps its default: ETags are handled above the transport, and a browser's HTTP cache may
  // serve catch-up pages.
  if (body === undefined) return init;
  if (typeof body === "string" || body instanceof Uint8Array) {
    init.body = body as string | Uint8Array<ArrayBuffer>;
  } else {
    // With the signal, since an aborted fetch does not cancel the stream it reads from.
    init.body = readableStream(iterateBytes(body, { signal }));
    init.duplex = "half";
  }
  return init;
}
