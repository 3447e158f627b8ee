/**
 * The request headers of the protocol, read strictly: one that is not well formed is a 400.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5)
 */
import type { ExchangeRequest } from "../../http/exchange.ts";
import { HttpError } from "../../http/http-error.ts";
import type { Producer } from "../../store/store.ts";
import { isWellFormedContentType } from "../../wire/content-type.ts";
import { parseOffset } from "../../wire/offset.ts";

const nonNegativeInteger = /^(0|[1-9]\d*)$/;
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970, or `NaN` if the text is not a timestamp. */
function timestamp(text: string): number {
  const [, year, month, day] = rfc3339.exec(text) ?? [];
  // JavaScript reads February 30 as March 2.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= daysInMonth ? Date.parse(text) : NaN;
}

function integer(name: string, text: string): number {
  const value = nonNegativeInteger.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new HttpError(
    400,
    `${name} must be an integer from 0 to 2^53-1, without sign or leading zeros.`,
  );
}

/** Refuses compressed bodies: stored as they are, they would be read as something else. */
export function checkContentEncoding(request: ExchangeRequest): void {
  const encoding = request.header("content-encoding")?.trim().toLowerCase();
  if (!encoding || encoding === "identity") return;
  throw new HttpError(415, "This server accepts only bodies without Content-Encoding.", {
    "accept-encoding": "identity",
  });
}

/** The header, or `undefined`: each operation decides whether it may be missing. */
export function contentTypeHeader(request: ExchangeRequest): string | undefined {
  const contentType = request.header("content-type")?.trim();
  if (!contentType) return undefined;
  if (isWellFormedContentType(contentType)) return contentType;
  throw new HttpError(
    400,
    "Content-Type is not valid: expected a media type such as application/json.",
  );
}

/** Whether the header is `true`, in any case; every other value counts as no header. */
export function closedHeader(request: ExchangeRequest): boolean {
  return request.header("stream-closed")?.trim().toLowerCase() === "true";
}

export interface LifetimeHeaders {
  ttlSeconds?: number | undefined;
  expiresAt?: number | undefined;
}

export function lifetimeHeaders(request: ExchangeRequest): LifetimeHeaders {
  const ttl = request.header("stream-ttl");
  const expires = request.header("stream-expires-at");
  if (ttl !== undefined && expires !== undefined) {
    throw new HttpError(400, "Send Stream-TTL or Stream-Expires-At, not both.");
  }
  if (ttl !== undefined) return { ttlSeconds: integer("Stream-TTL", ttl) };
  if (expires === undefined) return {};
  const expiresAt = timestamp(expires);
  if (Number.isNaN(expiresAt)) {
    throw new HttpError(
      400,
      "Stream-Expires-At must be an RFC 3339 timestamp such as 2030-01-01T00:00:00Z.",
    );
  }
  return { expiresAt };
}

export interface ForkHeaders {
  /** The URL path of the source. */
  from: string;
  position?: number | undefined;
  subOffset: number;
}

export function forkHeaders(request: ExchangeRequest): ForkHeaders | undefined {
  const from = request.header("stream-forked-from");
  const offset = request.header("stream-fork-offset");
  const subOffset = request.header("stream-fork-sub-offset");
  if (from === undefined) {
    if (offset === undefined && subOffset === undefined) return undefined;
    throw new HttpError(
      400,
      "Stream-Fork-Offset and Stream-Fork-Sub-Offset need Stream-Forked-From.",
    );
  }
  if (!from.startsWith("/")) {
    throw new HttpError(400, "Stream-Forked-From must be the URL path of a stream of this server.");
  }
  const position = offset === undefined ? undefined : parseOffset(offset);
  if (offset !== undefined && position === undefined) {
    throw new HttpError(400, "Stream-Fork-Offset is not an offset of this server.");
  }
  const sub = subOffset === undefined ? 0 : integer("Stream-Fork-Sub-Offset", subOffset);
  if (sub > 0 && position === undefined) {
    throw new HttpError(400, "Stream-Fork-Sub-Offset needs Stream-Fork-Offset.");
  }
  return { from, position, subOffset: sub };
}

export function producerHeaders(request: ExchangeRequest): Producer | undefined {
  const id = request.header("producer-id");
  const epoch = request.header("producer-epoch");
  const seq = request.header("producer-seq");
  if (id === undefined && epoch === undefined && seq === undefined) return undefined;
  if (id === undefined || epoch === undefined || seq === undefined) {
    throw new HttpError(400, "Producer-Id, Producer-Epoch and Producer-Seq must be sent together.");
  }
  if (id === "") throw new HttpError(400, "Producer-Id must not be empty.");
  return { id, epoch: integer("Producer-Epoch", epoch), seq: integer("Producer-Seq", seq) };
}
