import { mediaType } from "@freshet/core";
import type { CreateRequest, Producer, StreamInfo } from "./store.ts";

/** What a store keeps of a stream besides its data. Immutable: a change makes another record. */
export interface StreamRecord {
  /** Rises with every creation, so it is the stream's generation as well. */
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
  /** The producer's request that closed it: only its repetition is acknowledged again. */
  readonly closedBy?: Producer | undefined;
  /** The highest `Stream-Seq`. */
  readonly lastSeq?: string | undefined;
  /** How many producers of it are remembered. */
  readonly producers: number;
  /** How many forks read its data. */
  readonly forks: number;
  /** Deleted by its owner, and kept for its forks. */
  readonly deleted: boolean;
  readonly fork?: ForkOrigin | undefined;
  /** The configuration as requested, before defaults: a repeated PUT is compared with it. */
  readonly requested: RequestedConfiguration;
}

export interface ForkOrigin {
  readonly sourceId: number;
  /** Data at positions up to this one belongs to the source. */
  readonly at: number;
  /** The source's offsets up to this one are offsets of the fork (default `at`); it may copy a part. */
  readonly sharedTo?: number | undefined;
}

/** Up to which position the source's offsets are offsets of the fork. */
export function sharedTo(fork: ForkOrigin): number {
  return fork.sharedTo ?? fork.at;
}

export interface RequestedConfiguration {
  readonly ttlSeconds?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly forkPath?: string | undefined;
  readonly forkPosition?: number | undefined;
  /** Left out by layout 1. */
  readonly forkGeneration?: number | undefined;
  readonly forkSubOffset?: number | undefined;
}

export interface ProducerState {
  readonly epoch: number;
  readonly lastSeq: number;
  /** When it last stored something, in milliseconds since 1970. See `usedAt`. */
  readonly usedAt: number;
}

export function streamInfo(record: StreamRecord): StreamInfo {
  return {
    incarnation: `${record.id.toString(36)}-${record.createdAt.toString(36)}`,
    generation: record.id,
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
    forkGeneration: request.fork?.generation,
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
    isSameGeneration(again.forkGeneration, requested.forkGeneration) &&
    again.forkSubOffset === requested.forkSubOffset
  );
}

/** The start of a stream is the same with and without one. */
function isSameGeneration(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}
