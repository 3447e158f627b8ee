import { type DurableStreamError, FetchError } from "../errors.ts";
import { type AnySignal, Interrupt } from "./interrupt.ts";
import { redirected } from "./redirect.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** One request to a stream's URL. */
export interface EndpointRequest {
  readonly method: TransportRequest["method"];
  readonly query?: Record<string, string> | undefined;
  readonly headers?: Record<string, string> | undefined;
  readonly body?: TransportRequest["body"];
  /** An abort of any of them ends this request, like the endpoint's own signals. */
  readonly signals?: readonly (AnySignal | undefined)[] | undefined;
  /** The longest wait for the headers, and for each chunk of the body, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** The status and headers of a response, and its body, which can be read once. */
export interface EndpointResponse {
  readonly url: string;
  readonly status: number;
  header(name: string): string | undefined;
  /** The chunks of the body; leaving the loop frees the connection. */
  bytes(): AsyncIterableIterator<Uint8Array, undefined>;
  /** The start of the body as text, for error messages. Never throws. */
  text(): Promise<string>;
  /** Reads a body that should be empty to its end, so that the connection can be reused. */
  drain(): Promise<void>;
  /** Frees the connection without reading the body. */
  discard(): void;
}

type Result = IteratorResult<Uint8Array, undefined>;
const end: Result = { done: true, value: undefined };

/**
 * One request and its response, with deadline, signals and redirects. Every append and every poll has
 * one, so it makes do with one timer and is itself the response and the iterator of its body.
 */
export class Exchange implements EndpointResponse, AsyncIterableIterator<Uint8Array, undefined> {
  url: string = "";
  readonly #request: EndpointRequest;
  readonly #timeoutMs: number;
  /** Aborts with the first of the signals, or at the deadline. */
  readonly interrupt: Interrupt = new Interrupt();
  #signals: AnySignal[] = [];
  #response: TransportResponse | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWaiting: boolean = false;
  #waitingSince: number = 0;
  #isOver: boolean = false;

  constructor(signals: readonly AnySignal[], request: EndpointRequest, timeoutMs: number) {
    this.#request = request;
    this.#timeoutMs = request.timeoutMs ?? timeoutMs;
    for (const signal of signals) this.#listenTo(signal);
    for (const signal of request.signals ?? []) if (signal) this.#listenTo(signal);
  }

  async run(
    transport: Transport,
    { url, headers }: { url: string; headers: Record<string, string> },
  ): Promise<EndpointResponse> {
    const { method, body } = this.#request;
    const signal = this.interrupt;
    let request: TransportRequest = { method, url, headers, body, signal };
    this.url = url;
    this.#wait();
    try {
      for (let redirects = 0; ; redirects++) {
        signal.throwIfAborted();
        const response = await transport(request);
        const next = redirected(request, response, redirects);
        if (!next) {
          this.#response = response;
          this.#isWaiting = false;
          if (!response.body) this.close();
          return this;
        }
        request = next;
        this.url = next.url;
        discard(response.body);
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Removes the listeners and the timer: nothing more arrives. */
  close(): void {
    this.#isOver = true;
    this.#isWaiting = false;
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#onAbort);
    this.#signals = [];
  }

  get status(): number {
    return this.#response?.status ?? 0;
  }

  header(name: string): string | undefined {
    return this.#response?.header(name);
  }

  bytes(): this {
    return this;
  }

  text(): Promise<string> {
    return readStart(this);
  }

  async drain(): Promise<void> {
    if (!this.#isOver) await readStart(this);
  }

  discard(): void {
    this.close();
    discard(this.#response?.body);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#isOver) return Promise.resolve(end);
    const body = this.#response?.body;
    if (this.interrupt.aborted || !body) return Promise.reject(this.#failure(undefined));
    this.#wait();
    return body.next().then(this.#onResult, this.#onError);
  }

  async return(): Promise<Result> {
    this.close();
    await this.#response?.body?.return?.();
    return end;
  }

  readonly #onResult = (result: Result): Result => {
    this.#isWaiting = false;
    if (result.done) this.close();
    return result;
  };

  readonly #onError = (error: unknown): never => {
    throw this.#failure(error);
  };

  #listenTo(signal: AnySignal): void {
    if (signal.aborted) {
      this.close();
      throw signal.reason;
    }
    signal.addEventListener("abort", this.#onAbort);
    this.#signals.push(signal);
  }

  readonly #onAbort = (): void => {
    this.interrupt.abort(this.#signals.find(({ aborted }) => aborted)?.reason);
    // No read may be pending that would end in close().
    this.#release();
  };

  /** One timer serves all waits: it is set again only when it fires, not for each chunk. */
  #wait(): void {
    this.#isWaiting = true;
    this.#waitingSince = performance.now();
    this.#timer ??= setTimeout(this.#onTimer, this.#timeoutMs);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (!this.#isWaiting) return;
    const left = this.#waitingSince + this.#timeoutMs - performance.now();
    if (left <= 0) this.interrupt.abort(this.#timeout());
    else this.#timer = setTimeout(this.#onTimer, left);
  };

  #timeout(): FetchError {
    const { method } = this.#request;
    const what = this.#response ? "sent no more of its response" : "did not respond";
    const { url } = this;
    const message = `${method} ${url}: the server ${what} within ${this.#timeoutMs} ms.`;
    return new FetchError("TIMEOUT", message, { url });
  }

  /** Ends the exchange and returns its error. */
  #failure(cause: unknown): unknown {
    this.close();
    return this.interrupt.aborted ? this.interrupt.reason : this.#networkError(cause);
  }

  #networkError(cause: unknown): DurableStreamError {
    if (cause instanceof FetchError) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { url } = this;
    const message = `${this.#request.method} ${url} failed: ${reason}`;
    const error = new FetchError("NETWORK_ERROR", message, { url, cause });
    error.unsent = cause instanceof Error && "unsent" in cause && cause.unsent === true;
    return error;
  }
}

/** Frees the connection of a body that is not read. */
function discard(body: TransportResponse["body"]): void {
  body?.return?.().catch(() => {
    // A body that breaks now is gone as well.
  });
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
    // The status states what happened; a body that breaks off only makes the message shorter.
  }
  return text.trim();
}
