import { InvalidOptionError } from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";

/** The public part of a `DurableStream` that a producer uses. */
export interface StreamHandle {
  readonly url: string;
  readonly contentType: string | undefined;
}

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

/** @throws InvalidOptionError if it is not a `DurableStream` */
export function internalsOf(stream: StreamHandle): StreamInternals {
  const internals = Object(stream) === stream ? streamInternals.get(stream) : undefined;
  if (internals) return internals;
  throw new InvalidOptionError(
    "stream is not a DurableStream: expected what new DurableStream, create or connect returns.",
  );
}
