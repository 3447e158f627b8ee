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
  /** Each of them ends this request, beside the endpoint's own signals. */
  readonly signals?: readonly (AnySignal | undefined)[] | undefined;
  /** Longest wait for the headers and for each piece of the body, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** An answer's status and headers, and its body to be read once. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  header(name: string): string | undefined;
  /** The body's pieces; leaving the loop frees the connection. */
  bytes(): AsyncIterableIterator<Uint8Array, undefined>;
  /** The start of the body as text, for error messages. Never throws. */
  text(): Promise<string>;
  /** Reads to the end what should be empty, so that the connection can be used again. */
  drain(): Promise<void>;
  /** Frees the connection without reading the body. */
  discard(): void;
}

type Result = IteratorResult<Uint8Array, undefined>;
const end: Result = { done: true, value: undefined };

/**
 * One request and its answer: the deadline, the signals, the redirects. There is one for each append
 * and each poll, so it has one timer and is the answer, and the iterator of its body, itself.
 */
export class Exchange implements Answer, AsyncIterableIterator<Uint8Array, undefined> {
  url: string = "";
  readonly #request: EndpointRequest;
  readonly #timeoutMs: number;
  /** Aborts with the first of the signals, or when the time is over. */
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
  ): Promise<Answer> {
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
        leave(response.body);
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Lets go of the signals and the timer: nothing more comes. */
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
    leave(this.#response?.body);
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
    // Perhaps nobody is reading who would hear of it.
    this.#release();
  };

  /** One timer for all waits: it is set again only when it fires, not for each piece. */
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
    const what = this.#response ? "went silent in the middle of its answer" : "gave no answer";
    const { url } = this;
    const message = `${method} ${url}: the server ${what} for ${this.#timeoutMs} ms.`;
    return new FetchError("TIMEOUT", message, { url });
  }

  /** Ends it, and says why. */
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

/** Tells a body that nobody reads it. */
function leave(body: TransportResponse["body"]): void {
  body?.return?.().catch(() => {
    // A body that breaks while it is let go of is gone as well.
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
    // The status says what happened; a body that breaks off only says it with fewer words.
  }
  return text.trim();
}
