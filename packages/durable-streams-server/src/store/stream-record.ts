import { mediaType } from "../wire/content-type.ts";
import type { CreateRequest, StreamInfo } from "./store.ts";

/** What a store keeps of a stream beside its data. A value: changed by making another one. */
export interface StreamRecord {
  readonly id: number;
  readonly path: string;
  readonly contentType: string;
  readonly createdAt: number;
  /** When the sliding window began, to a tenth of its length. See `expiryOf`. */
  readonly accessedAt: number;
  readonly ttlSeconds?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly tail: number;
  readonly closed: boolean;
  /** The highest `Stream-Seq`. */
  readonly lastSeq?: string | undefined;
  /** How many producers it knows. */
  readonly producers: number;
  /** How many forks read its data. */
  readonly forks: number;
  /** Deleted by its owner, and kept for its forks. */
  readonly deleted: boolean;
  /** Data at positions up to `at` is the source's. */
  readonly fork?: { readonly sourceId: number; readonly at: number } | undefined;
  /** What the client asked for, where that is not what it got: a repeated PUT is compared with it. */
  readonly asked: AskedConfiguration;
}

export interface AskedConfiguration {
  readonly ttlSeconds?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly forkPath?: string | undefined;
  readonly forkPosition?: number | undefined;
  readonly forkSubOffset?: number | undefined;
}

export interface ProducerState {
  readonly epoch: number;
  readonly lastSeq: number;
}

export function streamInfo(record: StreamRecord): StreamInfo {
  return {
    // An id alone could come again where a store starts empty; caches outlive it.
    incarnation: `${record.id.toString(36)}-${record.createdAt.toString(36)}`,
    contentType: record.contentType,
    tail: record.tail,
    closed: record.closed,
    ttlSeconds: record.ttlSeconds,
    expiresAt: record.expiresAt,
    accessedAt: record.accessedAt,
  };
}

export function askedConfiguration(request: CreateRequest): AskedConfiguration {
  return {
    ttlSeconds: request.ttlSeconds,
    expiresAt: request.expiresAt,
    forkPath: request.fork?.path,
    forkPosition: request.fork?.position,
    forkSubOffset: request.fork?.subOffset,
  };
}

/** Whether a repeated PUT asks for the stream that is there. */
export function isSameStream(record: StreamRecord, request: CreateRequest): boolean {
  const { asked } = record;
  const again = askedConfiguration(request);
  return (
    (request.contentType === undefined ||
      mediaType(request.contentType) === mediaType(record.contentType)) &&
    request.closed === record.closed &&
    again.ttlSeconds === asked.ttlSeconds &&
    again.expiresAt === asked.expiresAt &&
    again.forkPath === asked.forkPath &&
    again.forkPosition === asked.forkPosition &&
    again.forkSubOffset === asked.forkSubOffset
  );
}
