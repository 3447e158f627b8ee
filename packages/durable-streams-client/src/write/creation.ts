// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#51-create-stream
import {
  aBoolean,
  checkOptions,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
  wholeNumber,
} from "@freshet/core";
import { InvalidOptionError, invalidOption } from "../errors.ts";
import type { EndpointOptions } from "../http/endpoint-options.ts";
import { header, writeHeader } from "../protocol/headers.ts";
import { type Offset, parsePosition } from "../protocol/offset.ts";
import { type Encoded, encodeValue } from "./encode.ts";

/** How long a stream lives. At most one of the two. */
export interface LifetimeOptions {
  /** Seconds, counted by the server. */
  ttlSeconds?: number | undefined;
  expiresAt?: Date | string | undefined;
}

/** Options for the creation of a stream. */
export interface CreationOptions extends LifetimeOptions {
  /** The first value, as for `append`. */
  body?: unknown;
  /** Creates the stream closed, with `body` as its whole content. */
  closed?: boolean | undefined;
}

/** Options of `DurableStream.fork`; by default those of the source's handle. */
export interface ForkOptions extends EndpointOptions, LifetimeOptions {
  /** Where the source's data ends in the fork. Default: at the source's tail. */
  offset?: Offset | undefined;
  /** How much data after `offset` the fork has too: messages of a JSON stream, bytes of another. */
  subOffset?: number | undefined;
  /** If set, it must equal the source's. */
  contentType?: string | undefined;
}

const aDate: OptionRule = {
  expected: "a valid Date or an RFC 3339 string",
  accepts: (value) =>
    (typeof value === "string" || value instanceof Date) &&
    !Number.isNaN(new Date(value).getTime()),
};

const lifetimeRules: OptionRules<LifetimeOptions> = {
  ttlSeconds: wholeNumber(0),
  expiresAt: aDate,
};
const creationRules: OptionRules<CreationOptions> = { ...lifetimeRules, closed: aBoolean };
const forkRules: OptionRules<ForkOptions> = {
  ...lifetimeRules,
  offset: nonEmptyString,
  subOffset: wholeNumber(0),
};

/** The headers and the body of the request that creates a stream. */
export function creationRequest(
  options: CreationOptions,
  isJsonStream: boolean,
): { headers: Record<string, string>; body: Encoded | undefined } {
  checkOptions(options, creationRules, invalidOption);
  const headers = lifetimeHeaders(options);
  if (options.closed) headers[header.closed] = "true";
  if (options.body === undefined) return { headers, body: undefined };
  const encoded = encodeValue(options.body, isJsonStream);
  // The server splits an array into messages, so one that is a single message is wrapped in another.
  return { headers, body: typeof encoded === "string" ? `[${encoded}]` : encoded };
}

/** The headers of the request that forks a stream. */
export function forkHeaders(source: URL, options: ForkOptions): Record<string, string> {
  checkOptions(options, forkRules, invalidOption);
  const headers = lifetimeHeaders(options);
  headers[writeHeader.forkedFrom] = source.pathname;
  let { subOffset } = options;
  if (options.offset !== undefined) {
    const { offset, skip } = parsePosition(options.offset);
    if (skip > 0 && subOffset !== undefined) {
      throw new InvalidOptionError(
        `Invalid subOffset ${subOffset}: offset ${options.offset} is a position with its own count, so leave out subOffset.`,
      );
    }
    headers[writeHeader.forkOffset] = offset;
    if (skip > 0) subOffset = skip;
  }
  if (subOffset !== undefined) {
    headers[writeHeader.forkSubOffset] = String(subOffset);
  }
  return headers;
}

function lifetimeHeaders({ ttlSeconds, expiresAt }: LifetimeOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (ttlSeconds !== undefined && expiresAt !== undefined) {
    throw new InvalidOptionError("ttlSeconds and expiresAt exclude each other: pass only one.");
  }
  if (ttlSeconds !== undefined) {
    headers[writeHeader.ttl] = String(ttlSeconds);
  }
  if (expiresAt !== undefined) {
    headers[writeHeader.expiresAt] =
      typeof expiresAt === "string" ? expiresAt : new Date(expiresAt).toISOString();
  }
  return headers;
}
