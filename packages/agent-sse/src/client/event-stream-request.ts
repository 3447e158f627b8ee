import { idleTimeoutError } from "../wire/error.ts";
import { lastEventIdHeader } from "../wire/last-event-id.ts";
import { ignoreRejection } from "../wire/ignore-rejection.ts";

/** What `connectAgentStream` needs to make its requests. */
export interface RequestOptions {
  /** Sent with every request; a function is asked again for each, so that a token can be renewed. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  /** Whether cookies are sent to other origins; as in `fetch`. */
  credentials?: RequestCredentials | undefined;
  /** Default: the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/**
 * One request and the bytes of its answer. An abort, or silence while something is waited for, ends the
 * wait at once, also if what makes the headers, `fetch` or the body do not hear of it. Core's `iterateBytes` begins only at the
 * body; doing both here is what keeps the client small.
 */
export class EventStreamRequest implements AsyncIterableIterator<Uint8Array> {
  readonly #abort = new AbortController();
  readonly #stop: AbortSignal;
  readonly #timeoutMs: number;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  /** @param timeoutMs - the longest silence */
  constructor(stop: AbortSignal, timeoutMs = 45_000) {
    this.#stop = stop;
    this.#timeoutMs = timeoutMs;
  }

  /** The head of the answer. */
  async open(
    url: string,
    headers: Headers,
    { fetch = globalThis.fetch, credentials }: RequestOptions,
  ): Promise<Response> {
    const init: RequestInit = {
      headers,
      cache: "no-store",
      signal: this.#abort.signal,
      ...(credentials && { credentials }),
    };
    // Called as a free function: a browser's own `fetch` refuses to be a method of anything else.
    const response = await this.within(fetch(url, init), (late) => late.body?.cancel());
    this.#reader = response.body?.getReader();
    return response;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const result = this.#reader && (await this.within(this.#reader.read()));
    return (result ?? { done: true }) as IteratorResult<Uint8Array, undefined>;
  }

  /** Lets go of the connection. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#reader?.cancel();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The result of some work, unless the abort or the end of the time comes first. */
  within<T>(work: Promise<T>, tooLate?: (result: T) => unknown): Promise<T> {
    const stop = this.#stop;
    const timeoutMs = this.#timeoutMs;
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = () => {
        clearTimeout(timer);
        stop.removeEventListener("abort", onStop);
      };
      const giveUp = (reason: unknown) => {
        end();
        this.#abort.abort(reason);
        reject(reason);
        this.return().catch(ignoreRejection);
        // Nobody reads an answer that comes now.
        work.then(tooLate).catch(ignoreRejection);
      };
      const onStop = () => giveUp(stop.reason);
      // A timer that is asked for more fires at once.
      if (timeoutMs < 2 ** 31) {
        timer = setTimeout(() => giveUp(idleTimeoutError(timeoutMs)), timeoutMs);
      }
      stop.addEventListener("abort", onStop);
      work.finally(end).then(resolve, reject);
    });
  }
}

/** The headers of one request. */
export async function requestHeaders(
  init: RequestOptions["headers"],
  lastEventId: string | undefined,
): Promise<Headers> {
  const headers = new Headers(typeof init === "function" ? await init() : init);
  headers.set("accept", "text/event-stream");
  if (lastEventId) headers.set("last-event-id", lastEventIdHeader(lastEventId));
  return headers;
}
