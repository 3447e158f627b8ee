// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#54-stream-metadata
import type { Offset } from "../protocol/offset.ts";
import { header, isTrue } from "../protocol/headers.ts";

/** What the server knows about a stream. In a browser, what CORS lets it tell. */
export interface HeadResult {
  exists: true;
  contentType?: string;
  /** The tail: where the next append will begin. */
  offset?: Offset;
  etag?: string;
  cacheControl?: string;
  /** Closed for good: nothing will be appended. */
  closed: boolean;
  /** The time to live the stream has, or has left, in seconds. */
  ttlSeconds?: number;
  /** As the server writes it (RFC 3339). */
  expiresAt?: string;
}

export function headResult(answer: { header(name: string): string | undefined }): HeadResult {
  const result: HeadResult = { exists: true, closed: isTrue(answer.header(header.closed)) };
  const contentType = answer.header("content-type");
  if (contentType !== undefined) result.contentType = contentType;
  const offset = answer.header(header.nextOffset);
  if (offset !== undefined) result.offset = offset;
  const etag = answer.header("etag");
  if (etag !== undefined) result.etag = etag;
  const cacheControl = answer.header("cache-control");
  if (cacheControl !== undefined) result.cacheControl = cacheControl;
  const ttl = answer.header(header.ttl);
  if (ttl !== undefined && /^\d+$/.test(ttl)) result.ttlSeconds = Number(ttl);
  const expiresAt = answer.header(header.expiresAt);
  if (expiresAt !== undefined) result.expiresAt = expiresAt;
  return result;
}
