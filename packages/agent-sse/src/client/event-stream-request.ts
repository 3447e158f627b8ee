import {
  abortable,
  fetchFollowing,
  ignoreRejection,
  linkedAbort,
  SilenceTimer,
  type Fetch,
} from "@freshet/core";
import { AgentStreamError } from "../wire/error.ts";
import { lastEventIdHeader } from "../wire/last-event-id.ts";
import { idleTimeoutError } from "./idle-timeout-error.ts";
import { onPageShown } from "./page.ts";
import { refusedRequest, uncached } from "./refused-request.ts";

/** The headers of a request: as for `fetch`, but a value may also be a function that makes it. */
export type RequestHeaders =
  | NonNullable<RequestInit["headers"]>
  | Readonly<Record<string, string | (() => string | Promise<string>)>>;

/** The options of `connectAgentStream` that its requests need. */
export interface RequestOptions {
  /**
   * Sent with every request. Functions are called for each request, so that a token can be renewed: one for a
   * single header, or one for all of them.
   */
  headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>) | undefined;
  /** The headers that may go along when a redirect leads to another origin. Default: none of `headers`. */
  redirectHeaders?: readonly string[] | undefined;
  /** Whether cookies are sent to other origins; as in `fetch`. */
  credentials?: "omit" | "same-origin" | "include" | undefined;
  /**
   * Sends the last id as this parameter of the URL instead of the header `Last-Event-ID`. That header makes a
   * browser ask another origin's server for permission first (a CORS preflight); a parameter does not.
   */
  lastEventIdParam?: string | undefined;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: Fetch | undefined;
}

/** One request and its response. An abort or silence ends each of its waits, even if `fetch` ignores both. */
export class EventStreamRequest {
  readonly #abort: AbortController;
  readonly #silence: SilenceTimer;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #waitingSince: number | undefined;

  constructor(stop: AbortSignal, idleTimeoutMs: number) {
    this.#abort = linkedAbort(stop);
    const onSilence = () => this.#abort.abort(idleTimeoutError(idleTimeoutMs));
    this.#silence = new SilenceTimer(idleTimeoutMs, onSilence);
    // The timers of a computer that sleeps stand still: the clock shows how long the silence was.
    onPageShown(this.#abort.signal, () => {
      if (this.#waitingSince !== undefined && Date.now() - this.#waitingSince >= idleTimeoutMs) {
        onSilence();
      }
    });
  }

  /** Sends the request and waits for the head of its response. */
  async send(
    url: string,
    headers: Record<string, string>,
    { fetch, credentials, redirectHeaders = [] }: RequestOptions,
  ): Promise<Response> {
    const init = {
      ...{ headers, ...uncached(), signal: this.#abort.signal },
      ...(credentials && { credentials }),
    };
    const sending = fetchFollowing(
      // Called as a free function: a browser's own `fetch` must not be a method of another object.
      fetch ?? ((input, requestInit) => globalThis.fetch(input, requestInit)),
      url,
      init,
      { redirectHeaders: [...redirectHeaders, "accept", "last-event-id"], fail: redirectRefused },
    );
    try {
      const response = await this.within(sending, (late) => late.body?.cancel());
      this.#reader = response.body?.getReader();
      return response;
    } catch (error) {
      // What a custom `fetch` refuses is its own business.
      throw (fetch ? undefined : refusedRequest(error, url, init)) ?? error;
    }
  }

  /** The next bytes of the response; `undefined` at its end. */
  async read(): Promise<Uint8Array | undefined> {
    const result = this.#reader && (await this.within(this.#reader.read()));
    return result?.value;
  }

  /** The start of the body as text, or nothing if it does not come: for the message of an error. */
  async readText(): Promise<string> {
    return new TextDecoder().decode(await this.read().catch(() => undefined)).slice(0, 1000);
  }

  /** Waits for a promise until an abort or the end of the time. */
  within<T>(work: Promise<T>, onLate?: (result: T) => unknown): Promise<T> {
    this.#silence.start();
    this.#waitingSince = Date.now();
    return abortable(work, this.#abort.signal, onLate).finally(() => {
      this.#silence.stop();
      this.#waitingSince = undefined;
    });
  }

  /** Releases the connection. */
  close(): void {
    this.#silence.close();
    this.#abort.abort();
    this.#reader?.cancel().catch(ignoreRejection);
  }
}

function redirectRefused(message: string): AgentStreamError {
  return new AgentStreamError("REQUEST_REFUSED", message);
}

/** Makes the headers of one request. */
export async function requestHeaders(
  source: RequestOptions["headers"] = {},
  lastEventId: string | undefined,
): Promise<Record<string, string>> {
  const init = typeof source === "function" ? await source() : source;
  const headers = new Headers();
  for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init)) {
    addHeader(headers, name, typeof value === "function" ? await value() : value);
  }
  headers.set("accept", "text/event-stream");
  if (lastEventId) headers.set("last-event-id", lastEventIdHeader(lastEventId));
  return Object.fromEntries(headers);
}

/** The platform's own error would show the value, which may be a secret. */
function addHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    throw new AgentStreamError(
      "INVALID_OPTION",
      `headers has a name or a value that no header can have at ${JSON.stringify(name)}: expected text without line ends.`,
    );
  }
}

/** The URL of a request whose last id goes in a parameter. */
export function urlWithLastEventId(url: string, param: string, id: string): string {
  const hash = url.indexOf("#");
  const [start, end] = hash < 0 ? [url, ""] : [url.slice(0, hash), url.slice(hash)];
  const separator = start.includes("?") ? "&" : "?";
  return `${start}${separator}${encodeURIComponent(param)}=${encodeURIComponent(id)}${end}`;
}
