import {
  type AbortSignalLike,
  ignoreRejection,
  readErrorBody,
  redactText,
  SilenceTimer,
} from "@freshet/core";
import { type DurableStreamError, FetchError, withFacts } from "../errors.ts";
import { Interrupt, throwIfAborted } from "./interrupt.ts";
import { redirected } from "./redirect.ts";
import { redactCause } from "./secrets.ts";
import { shownUrl } from "./shown-url.ts";
import {
  type Transport,
  type TransportRequest,
  type TransportResponse,
  UnsentError,
} from "./transport.ts";

/** One request to a stream's URL. */
export interface EndpointRequest {
  readonly method: TransportRequest["method"];
  readonly query?: Record<string, string> | undefined;
  readonly headers?: Record<string, string> | undefined;
  readonly body?: TransportRequest["body"];
  /** An abort of any of them ends this request, like the endpoint's own signals. */
  readonly signals?: readonly (AbortSignalLike | undefined)[] | undefined;
  /** The longest wait for the headers, and for each chunk of the body, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** The status and headers of a response, and its body, which can be read once. */
export interface EndpointResponse {
  /** The URL for errors and logs, without secrets. */
  readonly url: string;
  readonly status: number;
  header(name: string): string | undefined;
  /** The chunks of the body; leaving the loop frees the connection. */
  bytes(): AsyncIterableIterator<Uint8Array, undefined>;
  /** The start of the body as text without secrets, for error messages. Never throws. */
  text(): Promise<string>;
  /** Reads a body that should be empty to its end, so that the connection can be reused. */
  drain(): Promise<void>;
  /** Frees the connection without reading the body. */
  discard(): void;
}

/** What an {@link Exchange} sends, besides its request. */
interface ExchangeDetails {
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Headers that may follow a redirect to another origin. */
  readonly redirectHeaders: readonly string[];
  /** What may not appear in errors. */
  readonly secrets: () => readonly string[];
}

function noSecrets(): readonly string[] {
  return [];
}

type Result = IteratorResult<Uint8Array, undefined>;
const end: Result = { done: true, value: undefined };

/** How much of a body is read for a message, or before the connection is given up. */
const maxTextBytes = 2048;

/**
 * One request and its response, with deadline, signals and redirects. Every append and every poll has
 * one, so it makes do with one timer and is itself the response and the iterator of its body.
 */
export class Exchange implements EndpointResponse, AsyncIterableIterator<Uint8Array, undefined> {
  #url: string = "";
  #secrets: () => readonly string[] = noSecrets;
  readonly #request: EndpointRequest;
  readonly #timeoutMs: number;
  /** Aborts with the first of the signals, or at the deadline. */
  readonly interrupt: Interrupt = new Interrupt();
  #signals: AbortSignalLike[] = [];
  #response: TransportResponse | undefined;
  readonly #silence: SilenceTimer;
  #timeout: FetchError | undefined;
  #isOver: boolean = false;

  constructor(signals: readonly AbortSignalLike[], request: EndpointRequest, timeoutMs: number) {
    this.#request = request;
    this.#timeoutMs = request.timeoutMs ?? timeoutMs;
    this.#silence = new SilenceTimer(this.#timeoutMs, this.#onSilence);
    for (const signal of signals) this.#listenTo(signal);
    for (const signal of request.signals ?? []) if (signal) this.#listenTo(signal);
  }

  async run(
    transport: Transport,
    { url, headers, redirectHeaders, secrets }: ExchangeDetails,
  ): Promise<EndpointResponse> {
    const { method, body } = this.#request;
    const signal = this.interrupt;
    let request: TransportRequest = { method, url, headers, redirectHeaders, body, signal };
    this.#url = url;
    this.#secrets = secrets;
    this.#silence.start();
    try {
      for (let redirects = 0; ; redirects++) {
        throwIfAborted(signal);
        const response = await transport(request);
        const next = redirected(request, response, redirects);
        if (!next) {
          this.#response = response;
          this.#silence.stop();
          if (!response.body) this.close();
          return this;
        }
        request = next;
        this.#url = next.url;
        discard(response.body);
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Removes the listeners and the timer: nothing more arrives. */
  close(): void {
    this.#isOver = true;
    this.#release();
  }

  #release(): void {
    this.#silence.close();
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#onAbort);
    this.#signals = [];
  }

  get url(): string {
    return shownUrl(this.#url);
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

  async text(): Promise<string> {
    const text = await readErrorBody(this, { maxBytes: maxTextBytes });
    return redactText(text, this.#secrets());
  }

  async drain(): Promise<void> {
    if (!this.#isOver) await readErrorBody(this, { maxBytes: maxTextBytes });
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
    this.#silence.start();
    return body.next().then(this.#onResult, this.#onError);
  }

  async return(): Promise<Result> {
    this.close();
    await this.#response?.body?.return?.();
    return end;
  }

  readonly #onResult = (result: Result): Result => {
    this.#silence.stop();
    if (result.done) this.close();
    return result;
  };

  readonly #onError = (error: unknown): never => {
    throw this.#failure(error);
  };

  #listenTo(signal: AbortSignalLike): void {
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

  readonly #onSilence = (): void => {
    const { url } = this;
    const hasStarted = this.#response !== undefined;
    const what = hasStarted ? "sent no more of its response" : "did not respond";
    this.#timeout = new FetchError(
      hasStarted ? "IDLE_TIMEOUT" : "TIMEOUT",
      `${this.#request.method} ${url}: the server ${what} for ${this.#timeoutMs} ms.`,
      { url },
    );
    this.interrupt.abort(this.#timeout);
  };

  /** Ends the exchange and returns its error. */
  #failure(cause: unknown): unknown {
    this.close();
    const unsent = cause instanceof UnsentError;
    if (!this.interrupt.aborted) {
      return this.#networkError(unsent ? cause.cause : cause, unsent);
    }
    const { reason } = this.interrupt;
    return unsent && this.#timeout && reason === this.#timeout
      ? withFacts(this.#timeout, { unsent })
      : reason;
  }

  #networkError(thrown: unknown, unsent: boolean): DurableStreamError {
    if (thrown instanceof FetchError) return thrown;
    const cause = redactCause(thrown, this.#secrets());
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { url } = this;
    const message = `${this.#request.method} ${url} failed: ${reason}`;
    return new FetchError("NETWORK", message, { url, cause, unsent });
  }
}

/** Frees the connection of a body that is not read. */
function discard(body: TransportResponse["body"]): void {
  body?.return?.().catch(ignoreRejection);
}
