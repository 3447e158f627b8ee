import type { AbortSignalLike } from "@freshet/core";

/** One HTTP request of a {@link Transport}. */
export interface TransportRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  /** The caller's headers that may follow a redirect to another origin. */
  readonly redirectHeaders: readonly string[];
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
  /** Ends the request, and the reading of its response, immediately. */
  readonly signal: AbortSignalLike;
}

/** One HTTP response. */
export interface TransportResponse {
  readonly status: number;
  /** By lower-case name; `undefined` if the response has no such header or the platform hides it. */
  header(name: string): string | undefined;
  /**
   * The body, decompressed, or `undefined` if there is none. Leaving its loop frees the connection, and
   * the request's signal ends it immediately.
   */
  readonly body: AsyncIterableIterator<Uint8Array, undefined> | undefined;
}

/**
 * Sends one request, without retries, and resolves as soon as the headers arrive. Rejects immediately
 * when the signal aborts, and with an {@link UnsentError} if the request cannot have reached a server.
 * It may follow redirects of GET and HEAD, by core's rule; it must return those of writes as responses.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/** The rejection of a {@link Transport} whose request cannot have reached a server. */
export class UnsentError extends Error {
  constructor(cause: unknown) {
    super("The request was not sent.", { cause });
  }
}

/**
 * The part of undici's `Dispatcher` that the Node transport uses: an `Agent`, `Pool`, `ProxyAgent` or
 * `MockAgent` of undici 7 has it.
 */
export interface DispatcherLike {
  dispatch(options: object, handler: object): boolean;
}
