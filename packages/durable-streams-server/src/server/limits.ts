import { DurableStreamsServerError } from "../store/errors.ts";
import { HttpError, type ExchangeRequest } from "../http/exchange.ts";

/** What a server takes at most. Each is checked before memory is allocated for it. */
export interface Limits {
  /** The body of one request, in bytes: 413. Default 8 MiB. */
  bodyBytes: number;
  /** Streams in the store: 507. Default 1,000,000. */
  streams: number;
  /** Producers that one stream knows: 507. Default 10,000. */
  producersPerStream: number;
  /** Readers that wait at once (long-poll and SSE): 429 with Retry-After. Default 20,000. */
  waitingReaders: number;
  /** One header of the protocol, in characters: 431. Default 1,024. */
  headerLength: number;
  /** The path of a stream, in bytes as sent: 414. Default 1,024, and no more than 1,900. */
  pathLength: number;
}

export const defaultLimits: Readonly<Limits> = {
  bodyBytes: 8 * 1024 * 1024,
  streams: 1_000_000,
  producersPerStream: 10_000,
  waitingReaders: 20_000,
  headerLength: 1024,
  pathLength: 1024,
};

/** LMDB keys end at 1,978 bytes. */
export const LONGEST_PATH: number = 1900;
const LONGEST_PRODUCER_ID = 1024;

export function resolveLimits(limits: Partial<Limits> = {}): Limits {
  const resolved = { ...defaultLimits, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (typeof value === "number" && value >= 1) continue;
    throw new DurableStreamsServerError(
      "INVALID_OPTION",
      `limits.${name} is ${String(value)}: it must be a number of at least 1.`,
    );
  }
  resolved.pathLength = Math.min(resolved.pathLength, LONGEST_PATH);
  return resolved;
}

const limitedHeaders = [
  "content-type",
  "stream-seq",
  "stream-ttl",
  "stream-expires-at",
  "stream-closed",
  "stream-forked-from",
  "stream-fork-offset",
  "stream-fork-sub-offset",
  "producer-id",
  "producer-epoch",
  "producer-seq",
  "if-none-match",
] as const;

export function checkRequestSize(request: ExchangeRequest, path: string, limits: Limits): void {
  if (path.length > limits.pathLength) {
    throw new HttpError(
      414,
      `The stream's path is longer than ${limits.pathLength} bytes (limits.pathLength).`,
    );
  }
  for (const name of limitedHeaders) {
    // Stores have producers' ids in keys, which are not of any length.
    const most =
      name === "producer-id"
        ? Math.min(limits.headerLength, LONGEST_PRODUCER_ID)
        : limits.headerLength;
    if ((request.header(name)?.length ?? 0) <= most) continue;
    throw new HttpError(
      431,
      `The header ${name} is longer than ${most} characters (limits.headerLength).`,
    );
  }
}
