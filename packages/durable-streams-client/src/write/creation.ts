// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#51-create-stream
import { InvalidOptionError } from "../errors.ts";
import { type Offset, parsePosition } from "../protocol/offset.ts";
import { checkInteger, type EndpointOptions } from "../http/endpoint-options.ts";
import { header } from "../protocol/headers.ts";

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

export function createHeaders(options: CreationOptions): Record<string, string> {
  const headers = lifetimeHeaders(options);
  if (options.closed) headers[header.closed] = "true";
  return headers;
}

export function forkHeaders(source: URL, options: ForkOptions): Record<string, string> {
  const headers = lifetimeHeaders(options);
  headers[header.forkedFrom] = source.pathname;
  let { subOffset } = options;
  if (options.offset !== undefined) {
    const { offset, skip } = parsePosition(options.offset);
    if (skip > 0 && subOffset !== undefined) {
      throw new InvalidOptionError(
        `Invalid subOffset ${subOffset}: offset ${options.offset} is a position with its own count, so leave out subOffset.`,
      );
    }
    headers[header.forkOffset] = offset;
    if (skip > 0) subOffset = skip;
  }
  if (subOffset !== undefined) {
    headers[header.forkSubOffset] = String(checkInteger("subOffset", subOffset, 0));
  }
  return headers;
}

function lifetimeHeaders({ ttlSeconds, expiresAt }: LifetimeOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (ttlSeconds !== undefined && expiresAt !== undefined) {
    throw new InvalidOptionError("ttlSeconds and expiresAt exclude each other: pass only one.");
  }
  if (ttlSeconds !== undefined) {
    headers[header.ttl] = String(checkInteger("ttlSeconds", ttlSeconds, 0));
  }
  if (expiresAt !== undefined) {
    const date = new Date(expiresAt);
    if (Number.isNaN(date.getTime())) {
      throw new InvalidOptionError(
        `Invalid expiresAt ${JSON.stringify(String(expiresAt))}: expected a Date or an RFC 3339 string.`,
      );
    }
    headers[header.expiresAt] = typeof expiresAt === "string" ? expiresAt : date.toISOString();
  }
  return headers;
}
