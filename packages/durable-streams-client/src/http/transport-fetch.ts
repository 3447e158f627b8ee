// https://fetch.spec.whatwg.org/
import {
  abortable,
  type Fetch,
  fetchFollowing,
  iterateBytes,
  toReadableStream,
} from "@freshet/core";
import { FetchError } from "../errors.ts";
import { toAbortSignal } from "./interrupt.ts";
import { protocolHeaders } from "./redirect.ts";
import { shownUrl } from "./shown-url.ts";
import { type Transport, type TransportRequest, UnsentError } from "./transport.ts";

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
export function fetchTransport(fetch?: Fetch): Transport {
  return async (request) => {
    let response: Response;
    const signal = toAbortSignal(request.signal);
    try {
      const sent = send(fetch ?? globalThis.fetch, request, signal);
      // A caller's fetch may ignore the signal; nothing reads the response that comes after all.
      response = await abortable(sent, signal, (late) => late.body?.cancel());
    } catch (error) {
      throw isUnsent(error) ? new UnsentError(error) : error;
    }
    if (response.type === "opaqueredirect") {
      throw new FetchError(
        "HTTP_ERROR",
        `${request.method} ${shownUrl(request.url)} was redirected, and a browser cannot follow that with a write: use the stream's final URL.`,
        { url: shownUrl(request.url) },
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
  headers: Record<string, string>;
}

function send(fetch: Fetch, request: TransportRequest, signal: AbortSignal): Promise<Response> {
  const { method, url, redirectHeaders } = request;
  const init = requestInit(request, signal);
  if (method !== "GET" && method !== "HEAD") return fetch(url, init);
  return fetchFollowing(fetch, url, init, {
    redirectHeaders: [...protocolHeaders, ...redirectHeaders],
    fail: (message) => new FetchError("HTTP_ERROR", `${method} ${message}`, { url: shownUrl(url) }),
  });
}

/** Throws before anything is sent where the platform makes a string of a stream: `[object ReadableStream]`. */
function refuseUnlessStreamed({ method, url }: TransportRequest): void {
  const probe: RequestInit & { duplex: "half" } = {
    ...{ method: "POST", duplex: "half" },
    body: new ReadableStream(),
  };
  // Only a string has a content type of its own.
  if (!new Request("http://localhost/", probe).headers.has("content-type")) return;
  throw new FetchError(
    "HTTP_ERROR",
    `${method} ${shownUrl(url)} was not sent: this platform cannot send a body while it is produced. Use writable(), or append the values.`,
    { url: shownUrl(url), unsent: true },
  );
}

function requestInit(request: TransportRequest, signal: AbortSignal): StreamingRequestInit {
  const { method, headers, body } = request;
  // fetch turns a redirected POST into a GET, whose 200 would look like a stored append, and sends the
  // headers of a GET on to any origin.
  const init: StreamingRequestInit = { method, headers, signal, redirect: "manual" };
  // `cache` keeps its default: ETags are handled above the transport, and a browser's HTTP cache may
  // serve catch-up pages.
  if (body === undefined) return init;
  if (typeof body === "string" || body instanceof Uint8Array) {
    init.body = body as string | Uint8Array<ArrayBuffer>;
  } else {
    refuseUnlessStreamed(request);
    // With the signal, since an aborted fetch does not cancel the stream it reads from.
    init.body = toReadableStream(iterateBytes(body, { signal }));
    init.duplex = "half";
  }
  return init;
}
