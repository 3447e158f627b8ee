/**
 * A request and its answer, between the protocol and whatever carries it: `fetch` (fetch-exchange.ts)
 * or Node's own HTTP server (node/listener.ts), which is faster without Request and Response objects.
 */
export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  header(name: string): string | undefined;
  /** The whole body; throws an {@link HttpError} 413 as soon as it is longer than `maxBytes`. */
  body(maxBytes: number): Promise<Uint8Array>;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** The request without its body, for hooks. */
  toRequest(): Request;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** An iterable is sent as it comes, no faster than the client reads. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
}

/** An answer in plain text, thrown or returned. */
export class HttpError extends Error {
  override readonly name: string = "HttpError";
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  get answer(): ExchangeAnswer {
    return {
      status: this.status,
      headers: {
        ...this.headers,
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
      },
      body: `${this.message}\n`,
    };
  }
}

export function bodyTooLarge(maxBytes: number): HttpError {
  return new HttpError(
    413,
    `The body is larger than this server takes (limits.bodyBytes is ${maxBytes} bytes): send it in parts.`,
  );
}

/** Joins the chunks of a body, counting as they come. */
export class BodyCollector {
  readonly #chunks: Uint8Array[] = [];
  readonly #maxBytes: number;
  #length = 0;

  constructor(maxBytes: number, declaredLength: string | undefined) {
    this.#maxBytes = maxBytes;
    if (declaredLength !== undefined && Number(declaredLength) > maxBytes) {
      throw bodyTooLarge(maxBytes);
    }
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.byteLength;
    if (this.#length > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    this.#chunks.push(chunk);
  }

  end(): Uint8Array {
    const [only] = this.#chunks;
    if (only && this.#chunks.length === 1) return only;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    return whole;
  }
}
