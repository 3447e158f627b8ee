import { mediaType } from "@freshet/core";
import type { CreateRequest, StreamInfo } from "./store.ts";

/** What a store keeps of a stream besides its data. Immutable: a change makes another record. */
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
  /** How many producers have appended to it. */
  readonly producers: number;
  /** How many forks read its data. */
  readonly forks: number;
  /** Deleted by its owner, and kept for its forks. */
  readonly deleted: boolean;
  /** Data at positions up to `at` belongs to the source. */
  readonly fork?: { readonly sourceId: number; readonly at: number } | undefined;
  /** The configuration as requested, before defaults: a repeated PUT is compared with it. */
  readonly requested: RequestedConfiguration;
}

export interface RequestedConfiguration {
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
    // A store that starts empty gives out the same ids again, and caches outlive it.
    incarnation: `${record.id.toString(36)}-${record.createdAt.toString(36)}`,
    contentType: record.contentType,
    tail: record.tail,
    closed: record.closed,
    ttlSeconds: record.ttlSeconds,
    expiresAt: record.expiresAt,
    accessedAt: record.accessedAt,
  };
}

export function requestedConfiguration(request: CreateRequest): RequestedConfiguration {
  return {
    ttlSeconds: request.ttlSeconds,
    expiresAt: request.expiresAt,
    forkPath: request.fork?.path,
    forkPosition: request.fork?.position,
    forkSubOffset: request.fork?.subOffset,
  };
}

/** Whether a repeated PUT requests the stream that exists. */
export function isSameStream(record: StreamRecord, request: CreateRequest): boolean {
  const { requested } = record;
  const again = requestedConfiguration(request);
  return (
    (request.contentType === undefined ||
      mediaType(request.contentType) === mediaType(record.contentType)) &&
    request.closed === record.closed &&
    again.ttlSeconds === requested.ttlSeconds &&
    again.expiresAt === requested.expiresAt &&
    again.forkPath === requested.forkPath &&
    again.forkPosition === requested.forkPosition &&
    again.forkSubOffset === requested.forkSubOffset
  );
}
