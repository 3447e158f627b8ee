import type { Endpoint } from "../http/endpoint.ts";

/** What a producer uses of its stream besides the public part. */
export interface StreamInternals {
  readonly endpoint: Endpoint;
  /** The content type if it is known, otherwise a promise that requests it with `maxRetries` retries. */
  contentType(maxRetries: number): string | Promise<string>;
}

/** The internals of each `DurableStream`, for other modules of this package. */
export const streamInternals: WeakMap<object, StreamInternals> = new WeakMap<
  object,
  StreamInternals
>();
