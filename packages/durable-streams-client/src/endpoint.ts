import { type BackoffOptions, type ByteSource, iterateBytes } from "@freshet/core";
import { platformTransport } from "#transport";
import { abortable } from "./abortable.ts";
import { type DurableStreamError, FetchError, ProtocolError } from "./errors.ts";
import {
  checkBackoff,
  checkNumber,
  checkParams,
  checkUrl,
  type EndpointOptions,
  type ErrorHandler,
  type Recovery,
  type Resolvable,
  resolveValues,
} from "./options.ts";
import { fetchTransport } from "./transport-fetch.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** One request to a stream's URL. */
export interface EndpointRequest {
  readonly method: TransportRequest["method"];
  readonly query?: Record<string, string> | undefined;
  readonly headers?: Record<string, string> | undefined;
  readonly body?: TransportRequest["body"];
  /** Each of them ends this request, beside the endpoint's own signal. */
  readonly signals?: readonly (AbortSignal | undefined)[] | undefined;
  /** Longest wait for the headers and for each piece of the body, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** A stream's URL with everything that requests to it have in common. Sends; never retries. */
export class Endpoint {
  readonly url: URL;
  readonly backoff: BackoffOptions;
  /** Whether the caller said how often to retry; else a live session goes on for ever. */
  readonly hasRetryLimit: boolean;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly onError: ErrorHandler | undefined;
  readonly #options: EndpointOptions;
  readonly #transport: Transport;
  #headers: Record<string, Resolvable>;
  #params: Record<string, Resolvable>;
  #isStatic: boolean = false;

  constructor(url: string | URL, options: EndpointOptions) {
    this.url = checkUrl(url, options.warnOnHttp);
    this.backoff = checkBackoff(options.backoff);
    this.hasRetryLimit = options.backoff?.maxRetries !== undefined;
    this.timeoutMs = checkNumber("timeoutMs", options.timeoutMs ?? 30_000, 1);
    checkParams(options.params);
    options.signal?.throwIfAborted();
    this.signal = options.signal;
    this.onError = options.onError;
    this.#options = options;
    this.#transport = options.fetch
      ? fetchTransport(options.fetch)
      : platformTransport(options.dispatcher);
    this.#headers = lowerCaseNames(options.headers);
    this.#params = options.params ?? {};
    this.#updateStatic();
  }

  /** The same stream, or another, with other options over these. */
  with(options: EndpointOptions, url: string | URL = this.url): Endpoint {
    const merged: EndpointOptions = { ...this.#options, ...definedOf(options) };
    merged.headers = { ...this.#headers, ...lowerCaseNames(options.headers) };
    merged.params = { ...this.#params, ...options.params };
    return new Endpoint(url, merged);
  }

  /** Takes over what an `onError` handler changed. */
  apply(recovery: Recovery): void {
    checkParams(recovery.params);
    this.#headers = { ...this.#headers, ...lowerCaseNames(recovery.headers) };
    this.#params = { ...this.#params, ...recovery.params };
    this.#updateStatic();
  }

  /**
   * Sends one request. Rejects with a FetchError where no answer came, and with the signal's reason
   * as soon as a signal aborts.
   */
  async send(request: EndpointRequest): Promise<Answer> {
    const exchange = new Exchange(this.signal, request, this.timeoutMs);
    try {
      const params = this.#isStatic ? this.#params : await resolveValues(this.#params);
      const headers = this.#isStatic ? this.#headers : await resolveValues(this.#headers);
      return await exchange.run(this.#transport, {
        url: withQuery(this.url, params as Record<string, string>, request.query),
        headers: { ...(headers as Record<string, string>), ...request.headers },
      });
    } catch (error) {
      exchange.close();
      throw error;
    }
  }

  #updateStatic(): void {
    const values = [...Object.values(this.#headers), ...Object.values(this.#params)];
    this.#isStatic = values.every((value) => typeof value === "string");
  }
}

function definedOf(options: EndpointOptions): EndpointOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function lowerCaseNames(headers: Record<string, Resolvable> = {}): Record<string, Resolvable> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Parameters sorted by name: equal requests get equal URLs, and so one cache entry. */
function withQuery(
  url: URL,
  params: Record<string, string>,
  query: Record<string, string> = {},
): string {
  const merged = new Map(url.searchParams);
  for (const [name, value] of Object.entries(params)) merged.set(name, value);
  for (const [name, value] of Object.entries(query)) merged.set(name, value);
  if (merged.size === 0) return url.href;
  const result = new URL(url);
  result.search = new URLSearchParams([...merged].sort(([a], [b]) => (a < b ? -1 : 1))).toString();
  return result.href;
}

/** An answer's status and headers, and its body to be read once. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  header(name: string): string | undefined;
  /** The body's pieces; leaving the loop frees the connection. */
  bytes(): AsyncIterableIterator<Uint8Array>;
  /** The start of the body as text, for error messages. Never throws. */
  text(): Promise<string>;
  /** Reads to the end what should be empty, so that the connection can be used again. */
  drain(): Promise<void>;
  /** Frees the connection without reading the body. */
  discard(): void;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 5;

/** One request and its answer: the deadline, the signals, the redirects. */
class Exchange {
  readonly #controller = new AbortController();
  readonly #signals: AbortSignal[] = [];
  readonly #request: EndpointRequest;
  readonly #timeoutMs: number;
  #url: string = "";

  constructor(signal: AbortSignal | undefined, request: EndpointRequest, timeoutMs: number) {
    this.#request = request;
    this.#timeoutMs = request.timeoutMs ?? timeoutMs;
    for (const each of [signal, ...(request.signals ?? [])]) {
      if (!each) continue;
      each.throwIfAborted();
      each.addEventListener("abort", this.#onAbort, { once: true });
      this.#signals.push(each);
    }
  }

  async run(
    transport: Transport,
    { url, headers }: { url: string; headers: Record<string, string> },
  ): Promise<Answer> {
    const { signal } = this.#controller;
    this.#url = url;
    const timer = setTimeout(() => {
      this.#controller.abort(this.#timeout("gave no answer"));
    }, this.#timeoutMs);
    try {
      for (let redirects = 0; ; redirects++) {
        const { method, body } = this.#request;
        signal.throwIfAborted();
        const sent = transport({ method, url: this.#url, headers, body, signal });
        // A transport that is slow to notice an abort does not hold back the one who aborted.
        const response = await abortable(sent, signal);
        if (!redirectStatuses.has(response.status)) {
          return this.#answer(response.status, (name) => response.header(name), response.body);
        }
        headers = this.#follow(response.status, response.header("location"), headers, redirects);
        this.#discard(response.body);
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : this.#networkError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#onAbort);
    this.#signals.length = 0;
  }

  readonly #onAbort = (event: Event): void => {
    this.#controller.abort((event.target as AbortSignal).reason);
    this.close();
  };

  #answer(
    status: number,
    header: (name: string) => string | null,
    body: ByteSource | undefined,
  ): Answer {
    if (!body) this.close();
    return {
      url: this.#url,
      status,
      header: (name) => header(name) ?? undefined,
      bytes: () => this.#bytes(body ?? []),
      text: () => readStart(this.#bytes(body ?? [])),
      drain: async () => {
        if (body) await readStart(this.#bytes(body));
      },
      discard: () => {
        this.#discard(body);
        this.close();
      },
    };
  }

  async *#bytes(body: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = this.#controller;
    try {
      yield* iterateBytes(body, {
        signal,
        idleTimeoutMs: this.#timeoutMs,
        idleError: () => this.#timeout("went silent in the middle of its answer"),
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : this.#networkError(error);
    } finally {
      this.close();
    }
  }

  #follow(
    status: number,
    location: string | null,
    headers: Record<string, string>,
    redirects: number,
  ): Record<string, string> {
    const { method, body } = this.#request;
    const isRead = method === "GET" || method === "HEAD";
    const canResend = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const from = this.#url;
    if (!location || redirects >= maxRedirects || (!isRead && (status < 307 || !canResend))) {
      throw new FetchError(
        "HTTP_ERROR",
        `${method} ${from} was redirected (${status}) to ${location ?? "nowhere"}, which cannot be followed: use the stream's final URL.`,
        { url: from, status },
      );
    }
    this.#url = new URL(location, from).href;
    if (new URL(this.#url).origin === new URL(from).origin) return headers;
    // Credentials are for the host they were given for.
    const credentials = new Set(["authorization", "cookie"]);
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !credentials.has(name)));
  }

  #discard(body: ByteSource | undefined): void {
    if (!body) return;
    // Opening and leaving is how every kind of source is told that nobody reads it.
    const iterator = iterateBytes(body);
    iterator.return?.().catch(() => undefined);
  }

  #timeout(what: string): FetchError {
    const { method } = this.#request;
    return new FetchError(
      "TIMEOUT",
      `${method} ${this.#url}: the server ${what} for ${this.#timeoutMs} ms.`,
      { url: this.#url },
    );
  }

  #networkError(cause: unknown): DurableStreamError {
    if (cause instanceof FetchError || cause instanceof ProtocolError) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new FetchError(
      "NETWORK_ERROR",
      `${this.#request.method} ${this.#url} failed: ${reason}`,
      { url: this.#url, cause },
    );
    error.unsent = cause instanceof Error && "unsent" in cause && cause.unsent === true;
    return error;
  }
}

const maxErrorText = 2048;

async function readStart(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of bytes) {
      text += decoder.decode(chunk.subarray(0, maxErrorText), { stream: true });
      if (text.length >= maxErrorText) break;
    }
  } catch {
    // The status says what happened; a body that breaks off only says it with fewer words.
  }
  return text.trim();
}
