import { type ByteSource, iterateBytes } from "@freshet/core";
import { type DurableStreamError, FetchError } from "./errors.ts";
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
export class Exchange {
  readonly #controller = new AbortController();
  readonly #signals: AbortSignal[] = [];
  readonly #request: EndpointRequest;
  readonly #timeoutMs: number;
  #url: string = "";

  constructor(signals: readonly AbortSignal[], request: EndpointRequest, timeoutMs: number) {
    this.#request = request;
    this.#timeoutMs = request.timeoutMs ?? timeoutMs;
    for (const each of [...signals, ...(request.signals ?? [])]) {
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
        const response = await transport({ method, url: this.#url, headers, body, signal });
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
    let opened: AsyncIterableIterator<Uint8Array> | undefined;
    const bytes = () => (opened ??= this.#bytes(body ?? []));
    return {
      url: this.#url,
      status,
      header: (name) => header(name) ?? undefined,
      bytes,
      text: () => readStart(bytes()),
      drain: async () => {
        if (body) await readStart(bytes());
      },
      discard: () => {
        bytes()
          .return?.()
          .catch(() => {
            // A body that breaks while it is let go of is gone as well.
          });
      },
    };
  }

  /** By hand: a generator around the iterator would add three turns to every piece. */
  #bytes(body: ByteSource): AsyncIterableIterator<Uint8Array> {
    const bytes = iterateBytes(body, {
      signal: this.#controller.signal,
      idleTimeoutMs: this.#timeoutMs,
      idleError: () => this.#timeout("went silent in the middle of its answer"),
    });
    const onResult = (result: IteratorResult<Uint8Array, undefined>) => {
      if (result.done) this.close();
      return result;
    };
    const onError = (error: unknown): never => {
      const { signal } = this.#controller;
      this.close();
      throw signal.aborted ? signal.reason : this.#networkError(error);
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => bytes.next().then(onResult, onError),
      return: () => {
        this.close();
        return bytes.return?.() ?? Promise.resolve({ done: true, value: undefined });
      },
    };
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
    if (cause instanceof FetchError) return cause;
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
