// https://fetch.spec.whatwg.org/
import { iterateBytes } from "@freshet/core";
import { abortable } from "./abortable.ts";
import { FetchError } from "../errors.ts";
import { toAbortSignal } from "./interrupt.ts";
import { readableStream } from "./readable-stream.ts";
import type { Transport, TransportRequest } from "./transport.ts";

// Nothing was sent if the name did not resolve or the port did not answer. Browsers do not say.
const unsentCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/** Tells by a system error's code, on the error or its cause, that no connection was made. */
export function isUnsent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && unsentCodes.has(String(at.code))) return true;
    if (at instanceof AggregateError && at.errors.every(isUnsent)) return true;
  }
  return false;
}

/** The transport over `fetch`: everywhere but in Node, and wherever the caller passes a `fetch`. */
export function fetchTransport(fetch?: typeof globalThis.fetch): Transport {
  return async (request) => {
    let response: Response;
    let sent: Promise<Response> | undefined;
    const signal = toAbortSignal(request.signal);
    try {
      sent = (fetch ?? globalThis.fetch)(request.url, requestInit(request, signal));
      // A caller's fetch may not look at the signal.
      response = await abortable(sent, signal);
    } catch (error) {
      // It may answer yet, and nobody will read that.
      if (signal.aborted) sent?.then((late) => late.body?.cancel()).catch(() => undefined);
      throw isUnsent(error) ? Object.assign(error as Error, { unsent: true }) : error;
    }
    if (response.type === "opaqueredirect") {
      throw new FetchError(
        "HTTP_ERROR",
        `${request.method} ${request.url} was redirected, and a browser cannot resend a write: use the stream's final URL.`,
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
  // fetch turns a redirected POST into a GET, whose good answer would look like a stored append.
  const init: StreamingRequestInit = {
    method,
    headers,
    signal,
    redirect: isRead ? "follow" : "manual",
  };
  // The durable stream's own ETags are handled above the transport, and a browser's HTTP cache may
  // serve catch-up pages: so `cache` stays the platform's.
  if (body === undefined) return init;
  if (typeof body === "string" || body instanceof Uint8Array) {
    init.body = body as string | Uint8Array<ArrayBuffer>;
  } else {
    // With the signal: an aborted fetch leaves the stream it reads from open.
    init.body = readableStream(iterateBytes(body, { signal }));
    init.duplex = "half";
  }
  return init;
}
