import { lastEventIdHeader } from "./last-event-id.ts";

/** Options of {@link requestStream}. */
export interface RequestStreamOptions {
  headers: Headers;
  fetch: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  credentials: RequestCredentials | undefined;
  signal: AbortSignal;
  /** The longest wait for the head of the response, in milliseconds. */
  timeoutMs: number;
  timeoutError: () => Error;
}

/** Asks for an event stream. Ends at the timeout and at an abort also if `fetch` does not hear them. */
export function requestStream(url: string, options: RequestStreamOptions): Promise<Response> {
  const { headers, signal, timeoutMs, timeoutError, credentials } = options;
  // Called as a free function: a browser's own `fetch` refuses to be a method of anything else.
  const fetch = options.fetch ?? globalThis.fetch;
  const request = new AbortController();
  return new Promise((resolve, reject) => {
    let ended = false;
    const end = () => {
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const giveUp = (reason: unknown) => {
      end();
      request.abort(reason);
      reject(reason);
    };
    const onAbort = () => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(timeoutError()), timeoutMs);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    const init: RequestInit = { headers, cache: "no-store", signal: request.signal };
    if (credentials) init.credentials = credentials;
    fetch(url, init).then(
      (response) => {
        // Too late: nobody reads it, so it is let go.
        if (ended) response.body?.cancel().catch(ignore);
        else resolve(response);
        end();
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}

/** The headers of one request. They are made anew each time, so that a token can be renewed. */
export async function requestHeaders(
  init: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined,
  lastEventId: string | undefined,
): Promise<Headers> {
  const headers = new Headers(typeof init === "function" ? await init() : init);
  if (!headers.has("accept")) headers.set("accept", "text/event-stream");
  if (lastEventId) headers.set("last-event-id", lastEventIdHeader(lastEventId));
  return headers;
}

function ignore(): void {
  // The response came after everybody had gone.
}
