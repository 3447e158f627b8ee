// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#54-stream-metadata
import { header, isTrue, writeHeader } from "../protocol/headers.ts";
import type { Offset } from "../protocol/offset.ts";

/** The metadata of a stream. In a browser, only what CORS exposes. */
export interface HeadResult {
  exists: true;
  contentType?: string;
  /** The tail, where the next append begins. */
  offset?: Offset;
  etag?: string;
  cacheControl?: string;
  /** Whether the stream is closed: nothing is ever appended. */
  closed: boolean;
  /** The time to live of the stream in seconds, as the server states it. */
  ttlSeconds?: number;
  /** When the stream expires, as the server states it (RFC 3339). */
  expiresAt?: string;
}

export function headResult(response: { header(name: string): string | undefined }): HeadResult {
  const result: HeadResult = { exists: true, closed: isTrue(response.header(header.closed)) };
  const contentType = response.header("content-type");
  if (contentType !== undefined) result.contentType = contentType;
  const offset = response.header(header.nextOffset);
  if (offset !== undefined) result.offset = offset;
  const etag = response.header("etag");
  if (etag !== undefined) result.etag = etag;
  const cacheControl = response.header("cache-control");
  if (cacheControl !== undefined) result.cacheControl = cacheControl;
  const ttl = response.header(writeHeader.ttl);
  if (ttl !== undefined && /^\d+$/.test(ttl)) result.ttlSeconds = Number(ttl);
  const expiresAt = response.header(writeHeader.expiresAt);
  if (expiresAt !== undefined) result.expiresAt = expiresAt;
  return result;
}
