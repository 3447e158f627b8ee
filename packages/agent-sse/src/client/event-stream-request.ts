import { abortable, ignoreRejection, linkedAbort, SilenceTimer, type Fetch } from "@freshet/core";
import { lastEventIdHeader } from "../wire/last-event-id.ts";
import { idleTimeoutError } from "./idle-timeout-error.ts";

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
  /** Whether cookies are sent to other origins; as in `fetch`. */
  credentials?: "omit" | "same-origin" | "include" | undefined;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: Fetch | undefined;
}

/** One request and its response. An abort or silence ends each of its waits, even if `fetch` ignores both. */
export class EventStreamRequest {
  readonly #abort: AbortController;
  readonly #silence: SilenceTimer;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(stop: AbortSignal, idleTimeoutMs: number) {
    this.#abort = linkedAbort(stop);
    this.#silence = new SilenceTimer(idleTimeoutMs, () =>
      this.#abort.abort(idleTimeoutError(idleTimeoutMs)),
    );
  }

  /** Sends the request and waits for the head of its response. */
  async send(
    url: string,
    headers: Headers,
    { fetch = globalThis.fetch, credentials }: RequestOptions,
  ): Promise<Response> {
    const init: RequestInit = {
      ...{ headers, cache: "no-store", signal: this.#abort.signal },
      ...(credentials && { credentials }),
    };
    // Called as a free function: a browser's own `fetch` must not be a method of another object.
    const response = await this.within(fetch(url, init), (late) => late.body?.cancel());
    this.#reader = response.body?.getReader();
    return response;
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
    return abortable(work, this.#abort.signal, onLate).finally(() => this.#silence.stop());
  }

  /** Releases the connection. */
  close(): void {
    this.#silence.close();
    this.#abort.abort();
    this.#reader?.cancel().catch(ignoreRejection);
  }
}

/** Makes the headers of one request. */
export async function requestHeaders(
  source: RequestOptions["headers"] = {},
  lastEventId: string | undefined,
): Promise<Headers> {
  const init = typeof source === "function" ? await source() : source;
  const headers = new Headers();
  for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init)) {
    headers.append(name, typeof value === "function" ? await value() : value);
  }
  headers.set("accept", "text/event-stream");
  if (lastEventId) headers.set("last-event-id", lastEventIdHeader(lastEventId));
  return headers;
}
