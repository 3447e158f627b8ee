import type { Producer } from "../store/store.ts";
import { KnownOffsets } from "./known-offsets.ts";
import type { CreateStream } from "./stream-request.ts";

/** One stream of the model. A value: changed by making another one. */
export interface StreamState {
  readonly content: string;
  readonly closed: boolean;
  /** Who closed it; left out where that was not a producer. */
  readonly closedBy?: Producer | undefined;
  /** The highest `Stream-Seq`. */
  readonly seq?: string | undefined;
  readonly producers: ReadonlyMap<string, { readonly epoch: number; readonly lastSeq: number }>;
  readonly offsets: KnownOffsets;
  /** How many reads gave the longest content that was read of it. */
  readonly longestReads: number;
  /** What a fork was made with. */
  readonly fork: CreateStream["fork"];
  /** How many forks read its content. */
  readonly forks: number;
  /** Deleted, and kept for its forks. */
  readonly deleted: boolean;
}

/** Streams that depend on each other: one and its forks. */
export interface FamilyState {
  /** By path. */
  readonly streams: ReadonlyMap<string, StreamState>;
  /** The offsets of each path, of streams that were deleted too. */
  readonly everOffsets: ReadonlyMap<string, KnownOffsets>;
}

export const noStreams: FamilyState = { streams: new Map(), everOffsets: new Map() };

/** The family with another stream at a path; without one where `stream` is undefined. */
export function withStream(
  family: FamilyState,
  path: string,
  stream: StreamState | undefined,
): FamilyState {
  const streams = new Map(family.streams);
  if (stream) streams.set(path, stream);
  else streams.delete(path);
  return { ...family, streams };
}

/** Removes a stream, and then each source up the chain that was only kept for it. */
export function withoutStream(family: FamilyState, path: string): FamilyState {
  const source = family.streams.get(path)?.fork?.path;
  const rest = withStream(family, path, undefined);
  const stream = source === undefined ? undefined : rest.streams.get(source);
  if (source === undefined || !stream) return rest;
  if (stream.deleted && stream.forks === 1) return withoutStream(rest, source);
  return withStream(rest, source, { ...stream, forks: stream.forks - 1 });
}

export function isSameFamily(a: FamilyState, b: FamilyState): boolean {
  return (
    a === b ||
    (isSameMap(a.streams, b.streams, isSameStream) &&
      isSameMap(a.everOffsets, b.everOffsets, (known, other) => known.isSame(other)))
  );
}

function isSameStream(a: StreamState, b: StreamState): boolean {
  return (
    a === b ||
    (a.content === b.content &&
      a.closed === b.closed &&
      a.seq === b.seq &&
      a.forks === b.forks &&
      a.longestReads === b.longestReads &&
      a.deleted === b.deleted &&
      isSameProducer(a.closedBy, b.closedBy) &&
      isSameFork(a.fork, b.fork) &&
      a.offsets.isSame(b.offsets) &&
      isSameMap(
        a.producers,
        b.producers,
        (state, other) => state.epoch === other.epoch && state.lastSeq === other.lastSeq,
      ))
  );
}

export function isSameFork(a: CreateStream["fork"], b: CreateStream["fork"]): boolean {
  return a?.path === b?.path && a?.offset === b?.offset;
}

export function isSameProducer(a: Producer | undefined, b: Producer | undefined): boolean {
  return a?.id === b?.id && a?.epoch === b?.epoch && a?.seq === b?.seq;
}

function isSameMap<Value>(
  a: ReadonlyMap<string, Value>,
  b: ReadonlyMap<string, Value>,
  isSame: (a: Value, b: Value) => boolean,
): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  return [...a].every(([key, value]) => {
    const other = b.get(key);
    return other !== undefined && isSame(value, other);
  });
}
