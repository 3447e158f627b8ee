import { wholeNumberOrInfinity, type OptionRules } from "@freshet/core";
import type { ExchangeRequest } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { MAX_PATH_LENGTH, MAX_PRODUCER_ID_LENGTH } from "../store/key-limits.ts";
import { expectOptions } from "../store/options.ts";

/** The most that a server accepts. Each limit is checked before memory is allocated for it. */
export interface Limits {
  /** The body of one request, in bytes: 413. Default 8 MiB. */
  bodyBytes: number;
  /** Streams in the store: 507. Default 1,000,000. */
  streams: number;
  /** Producers of one stream: 507. Default 10,000. */
  producersPerStream: number;
  /** Live readers (long-poll and SSE): 429 with Retry-After. Default 20,000. */
  waitingReaders: number;
  /** Subscriptions of the server: 507. Default 10,000. */
  subscriptions: number;
  /** Subscriptions to one stream: 507. Default 100. */
  subscriptionsPerStream: number;
  /** One header of the protocol, in characters: 431. Default 1,024. */
  headerLength: number;
  /** The path of a stream, in bytes as sent: 414. Default 1,024, at most 1,900. */
  pathLength: number;
}

export const defaultLimits: Readonly<Limits> = {
  bodyBytes: 8 * 1024 * 1024,
  streams: 1_000_000,
  producersPerStream: 10_000,
  waitingReaders: 20_000,
  subscriptions: 10_000,
  subscriptionsPerStream: 100,
  headerLength: 1024,
  pathLength: 1024,
};

/** Some of the limits. The others have their defaults. */
export type GivenLimits = { readonly [Name in keyof Limits]?: Limits[Name] | undefined };

const atLeastOne = wholeNumberOrInfinity(1);

const rules: OptionRules<Limits> = {
  bodyBytes: atLeastOne,
  streams: atLeastOne,
  producersPerStream: atLeastOne,
  waitingReaders: atLeastOne,
  subscriptions: atLeastOne,
  subscriptionsPerStream: atLeastOne,
  headerLength: atLeastOne,
  pathLength: atLeastOne,
};

/** @throws DurableStreamsServerError `INVALID_OPTION` */
export function resolveLimits(limits: GivenLimits = {}): Limits {
  expectOptions<GivenLimits>(limits, rules, "limits.");
  return {
    bodyBytes: limits.bodyBytes ?? defaultLimits.bodyBytes,
    streams: limits.streams ?? defaultLimits.streams,
    producersPerStream: limits.producersPerStream ?? defaultLimits.producersPerStream,
    waitingReaders: limits.waitingReaders ?? defaultLimits.waitingReaders,
    subscriptions: limits.subscriptions ?? defaultLimits.subscriptions,
    subscriptionsPerStream: limits.subscriptionsPerStream ?? defaultLimits.subscriptionsPerStream,
    headerLength: limits.headerLength ?? defaultLimits.headerLength,
    pathLength: Math.min(limits.pathLength ?? defaultLimits.pathLength, MAX_PATH_LENGTH),
  };
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
      `The path of the stream is longer than ${limits.pathLength} bytes (limits.pathLength).`,
    );
  }
  for (const name of limitedHeaders) {
    const max =
      name === "producer-id"
        ? Math.min(limits.headerLength, MAX_PRODUCER_ID_LENGTH)
        : limits.headerLength;
    if ((request.header(name)?.length ?? 0) <= max) continue;
    throw new HttpError(
      431,
      `The header ${name} is longer than ${max} characters (limits.headerLength).`,
    );
  }
}
