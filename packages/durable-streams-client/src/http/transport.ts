import type { AnySignal } from "./interrupt.ts";

/** One HTTP request, as a {@link Transport} is asked to send it. */
export interface TransportRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
  /** Ends the request, and the reading of its answer, at once. */
  readonly signal: AnySignal;
}

/** One HTTP answer. */
export interface TransportResponse {
  readonly status: number;
  /** By lower-case name; `undefined` where the answer has no such header or the platform hides it. */
  header(name: string): string | undefined;
  /**
   * Decompressed. Leaving its loop frees the connection, and the request's signal ends it at once.
   * `undefined`: there is none.
   */
  readonly body: AsyncIterableIterator<Uint8Array, undefined> | undefined;
}

/**
 * Sends one request and gives its answer as soon as the headers are there. Rejects at once when the
 * signal aborts, and with an error whose `unsent` is true if the request cannot have reached a server, and never retries.
 * Redirects of GET and HEAD may be followed; those of writes must be given back.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/**
 * The part of undici's `Dispatcher` that the Node transport needs: an `Agent`, `Pool`, `ProxyAgent`
 * or `MockAgent` of undici 7 fits.
 */
export interface DispatcherLike {
  dispatch(options: object, handler: object): boolean;
}
