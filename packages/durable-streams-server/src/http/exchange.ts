/**
 * A request and its response, between the protocol and whatever carries them: `fetch`
 * (fetch-adapter.ts) or Node's own HTTP server (node/), which is faster without Request and Response
 * objects.
 */
export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  header(name: string): string | undefined;
  /** Reads the whole body. Rejects with a 413 as soon as it is longer than `maxBytes`. */
  body(maxBytes: number): Promise<Uint8Array>;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Makes a Request without the body, for hooks. */
  toRequest(): Request;
}

export interface ExchangeResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** An iterable is sent as it arrives, no faster than the client reads. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
}
