import { FreshetError, iterateBytes, parseRetryAfterMs, type ByteSource } from "@freshet/core";
import { BedrockError } from "../bedrock-error.ts";
import { httpError } from "../decode/exceptions.ts";
import { maxTimerMs, type ParsedStream, type StreamOptions } from "../decode/parsed-stream.ts";

/** What a client calls: the platform's `fetch`, or one of the same shape. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Makes a stream of a response body. */
export type Decode<T> = (body: ByteSource, options: StreamOptions) => ParsedStream<T>;

/** An error body is read up to here, in bytes. */
const maxErrorBytes = 65_536;

/**
 * One try of a request, until its response ends. It owns the signal that the connection hangs on: the
 * caller's abort and the limit for the first bytes both end in it.
 */
export class HttpAttempt {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #aborted: Promise<never>;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(firstByteTimeoutMs: number, caller: AbortSignal | undefined) {
    const { signal } = this.#controller;
    this.#aborted = new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    // It is only ever raced; nobody listens when the race is over.
    this.#aborted.catch(() => undefined);
    this.#caller = caller;
    caller?.addEventListener("abort", this.#onCallerAbort, { once: true });
    if (firstByteTimeoutMs <= maxTimerMs) {
      this.#timer = setTimeout(() => {
        this.#controller.abort(firstByteError(firstByteTimeoutMs));
      }, firstByteTimeoutMs);
    }
  }

  /** Waits for something that does not know the signal: an abort or the time limit end the wait. */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#aborted]);
  }

  /** Sends the request. Throws a BedrockError for anything but a good status. */
  async send(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
    const { signal } = this.#controller;
    let sent: Promise<Response> | undefined;
    let response: Response;
    try {
      sent = fetch(url, { ...init, signal });
      // Raced: not every fetch that can be passed in looks at its signal.
      response = await this.race(sent);
    } catch (error) {
      sent?.then(discard, () => undefined);
      throw this.#failure(error, "The request failed");
    }
    if (!response.ok) throw await this.#refusal(response);
    return response;
  }

  /** Resolves when the response's first event is there; the attempt then ends with the stream. */
  async read<T>(
    response: Response,
    decode: Decode<T>,
    idleTimeoutMs: number | undefined,
  ): Promise<ParsedStream<T>> {
    const reader = (response.body ?? new Blob([]).stream()).getReader();
    let first: ReadableStreamReadResult<Uint8Array>;
    try {
      first = await this.race(reader.read());
    } catch (error) {
      reader.cancel(error).catch(() => undefined);
      throw this.#failure(error, "The connection broke before the response began");
    }
    // From here on silence is limited by idleTimeoutMs, and nothing else.
    clearTimeout(this.#timer);
    const stream = decode(new OpenedBody(first, reader), {
      signal: this.#controller.signal,
      idleTimeoutMs,
      requestId: requestIdOf(response.headers),
      onEnd: () => this.end(),
    });
    return stream.prime();
  }

  /** Leaves nothing behind: no timer, no listener. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#onCallerAbort);
  }

  readonly #onCallerAbort = (): void => {
    this.#controller.abort(this.#caller?.reason);
  };

  #failure(error: unknown, what: string): unknown {
    const { signal } = this.#controller;
    if (signal.aborted) return signal.reason;
    if (error instanceof FreshetError) return error;
    return new BedrockError("NETWORK", `${what}: ${reasonOf(error)}`, { cause: error });
  }

  async #refusal(response: Response): Promise<BedrockError> {
    const { headers, status } = response;
    const text = await this.#errorText(response);
    const type = headers.get("x-amzn-errortype") ?? /"__type"\s*:\s*"([^"]+)"/.exec(text)?.[1];
    return httpError(status, type && shortType(type), text, {
      requestId: requestIdOf(headers),
      retryAfterMs: parseRetryAfterMs(headers.get("retry-after")),
    });
  }

  async #errorText(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    try {
      for await (const chunk of iterateBytes(response.body ?? [], {
        signal: this.#controller.signal,
      })) {
        text += decoder.decode(chunk, { stream: true });
        size += chunk.byteLength;
        if (size >= maxErrorBytes) break;
      }
    } catch (error) {
      // The status says enough; only an abort or the time limit is more important than it.
      if (this.#controller.signal.aborted) throw error;
    }
    return text;
  }
}

/** A body whose first chunk was read already. */
class OpenedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #first: ReadableStreamReadResult<Uint8Array> | undefined;

  constructor(
    first: ReadableStreamReadResult<Uint8Array>,
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ) {
    this.#first = first;
    this.#reader = reader;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const result = this.#first ?? (await this.#reader.read());
    this.#first = undefined;
    return result.done ? { done: true, value: undefined } : result;
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#reader.cancel();
    return { done: true, value: undefined };
  }
}

/** Closes a response that came when nobody was waiting for it any more. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

/** `x-amzn-requestid`, of whatever kind the response is. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get("x-amzn-requestid") ?? undefined;
}

/** `ThrottlingException` of `ThrottlingException:http://…` and of `com.amazon.coral#ThrottlingException`. */
function shortType(type: string): string {
  return type.replace(/:.*$/s, "").replace(/^.*#/s, "").trim();
}

/** `fetch failed` alone helps nobody: what failed is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function firstByteError(firstByteTimeoutMs: number): BedrockError {
  return new BedrockError(
    "FIRST_BYTE_TIMEOUT",
    `Bedrock sent nothing for ${firstByteTimeoutMs} ms after the request; raise firstByteTimeoutMs for a model that thinks longer.`,
  );
}
