/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 4.2 and 5.1) */
import { mediaType } from "@freshet/core";
import type { CreateOutcome, CreateRequest, ForkRequest, StreamInfo } from "../store.ts";
import {
  isSameStream,
  requestedConfiguration,
  streamInfo,
  type StreamRecord,
} from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";
import { resolveFork, type ResolvedFork } from "./fork.ts";
import { findStream } from "./lookup.ts";
import { removeStream } from "./remove.ts";
import { applyTouch } from "./touch.ts";

export function applyCreate(
  tx: StoreTransaction,
  request: CreateRequest,
  now: number,
): CreateOutcome {
  const existing = findStream(tx, request.path, now);
  if (existing?.deleted) return { status: "deleted" };
  if (existing) {
    if (!isSameStream(existing, request)) return { status: "conflict" };
    applyTouch(tx, request.path, now);
    return { status: "exists", stream: streamInfo(existing) };
  }
  // One that has expired makes room for the new one.
  const expired = tx.byPath(request.path);
  const others = tx.countStreams() - (expired ? 1 : 0);
  if (others >= (request.maxStreams ?? Infinity)) return { status: "too-many-streams" };
  if (request.fork) return createFork(tx, request, request.fork, expired, now);
  if (expired) removeStream(tx, expired);
  const contentType = request.contentType ?? "application/octet-stream";
  return { status: "created", stream: insert(tx, request, { contentType, start: 0 }, now) };
}

/** @param expired - what has expired at the path of the fork */
function createFork(
  tx: StoreTransaction,
  request: CreateRequest,
  from: ForkRequest,
  expired: StreamRecord | undefined,
  now: number,
): CreateOutcome {
  const found = findStream(tx, from.path, now);
  if (!found) return { status: "source-missing" };
  if (found.deleted) return { status: "source-deleted" };
  if (request.contentType && mediaType(request.contentType) !== mediaType(found.contentType)) {
    return { status: "source-content-type" };
  }
  const fork = resolveFork(tx, found, from);
  if (typeof fork === "string") return { status: fork };
  if (expired) removeStream(tx, expired);
  // It has one fork less if the expired stream was one of them.
  const source = tx.byId(found.id) ?? found;
  tx.put({ ...source, forks: source.forks + 1 });
  const { contentType } = source;
  const stream = insert(tx, request, { contentType, start: fork.at, fork, source }, now);
  return { status: "created", stream };
}

interface Origin {
  contentType: string;
  start: number;
  fork?: ResolvedFork;
  source?: StreamRecord;
}

function insert(
  tx: StoreTransaction,
  request: CreateRequest,
  { contentType, start, fork, source }: Origin,
  now: number,
): StreamInfo {
  const id = tx.nextId();
  let tail = start;
  for (const data of [fork?.partial, request.data]) {
    if (!data?.byteLength) continue;
    tail += data.byteLength;
    tx.putData(id, { end: tail, data });
  }
  const inherits = request.ttlSeconds === undefined && request.expiresAt === undefined;
  const record: StreamRecord = {
    id,
    path: request.path,
    contentType: request.contentType ?? contentType,
    createdAt: now,
    accessedAt: now,
    ttlSeconds: inherits ? source?.ttlSeconds : request.ttlSeconds,
    expiresAt: inherits ? source?.expiresAt : request.expiresAt,
    tail,
    closed: request.closed,
    producers: 0,
    forks: 0,
    deleted: false,
    fork: source && fork && { sourceId: source.id, at: fork.at },
    requested: requestedConfiguration(request),
  };
  tx.put(record);
  return streamInfo(record);
}
