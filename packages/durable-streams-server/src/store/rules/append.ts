/**
 * The rules of the protocol, once for all stores: each function is one step inside a transaction.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 4 and 5)
 */
import { mediaType } from "../../wire/content-type.ts";
import { resolveFork, type ResolvedFork } from "./fork.ts";
import { isExpired, needsTouch } from "../lifetime.ts";
import type {
  AppendOutcome,
  AppendRequest,
  CreateOutcome,
  CreateRequest,
  DeleteOutcome,
  Producer,
} from "../store.ts";
import { askedConfiguration, isSameStream, streamInfo } from "../stream-record.ts";
import type { ProducerState, StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";

/** The stream at a path as a writer finds it; one that has expired is removed on the way. */
function find(tx: StoreTransaction, path: string, now: number): StreamRecord | undefined {
  const record = tx.byPath(path);
  if (!record || record.deleted || !isExpired(record, now)) return record;
  expire(tx, record);
  return tx.byPath(path);
}

/** Ends a stream whose time has come. Its data stays while forks read it. */
export function expire(tx: StoreTransaction, record: StreamRecord): void {
  if (record.forks > 0) tx.put({ ...record, deleted: true });
  else removeStream(tx, record);
}

/** Removes a stream, and then each source up the chain that was only kept for it. */
function removeStream(tx: StoreTransaction, record: StreamRecord): void {
  let next: StreamRecord | undefined = record;
  while (next) {
    tx.remove(next);
    const source: StreamRecord | undefined = next.fork && tx.byId(next.fork.sourceId);
    next = undefined;
    if (!source) continue;
    const left: StreamRecord = { ...source, forks: source.forks - 1 };
    if (left.deleted && left.forks === 0) next = left;
    else tx.put(left);
  }
}

export function applyCreate(
  tx: StoreTransaction,
  request: CreateRequest,
  now: number,
): CreateOutcome {
  const existing = find(tx, request.path, now);
  if (existing?.deleted) return { status: "deleted" };
  if (existing) {
    if (!isSameStream(existing, request)) return { status: "conflict" };
    applyTouch(tx, request.path, now);
    return { status: "exists", stream: streamInfo(existing) };
  }
  if (tx.countStreams() >= (request.maxStreams ?? Infinity)) return { status: "too-many-streams" };
  if (!request.fork) {
    const contentType = request.contentType ?? "application/octet-stream";
    return { status: "created", stream: insert(tx, request, { contentType, start: 0 }, now) };
  }
  const source = find(tx, request.fork.path, now);
  if (!source) return { status: "source-missing" };
  if (source.deleted) return { status: "source-deleted" };
  if (request.contentType && mediaType(request.contentType) !== mediaType(source.contentType)) {
    return { status: "source-content-type" };
  }
  const fork = resolveFork(tx, source, request.fork);
  if (typeof fork === "string") return { status: fork };
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

function insert(tx: StoreTransaction, request: CreateRequest, origin: Origin, now: number) {
  const { fork, source } = origin;
  const id = tx.nextId();
  let tail = origin.start;
  for (const data of [fork?.partial, request.data]) {
    if (!data?.byteLength) continue;
    tail += data.byteLength;
    tx.putData(id, { end: tail, data });
  }
  const inherits = request.ttlSeconds === undefined && request.expiresAt === undefined;
  const record: StreamRecord = {
    id,
    path: request.path,
    contentType: request.contentType ?? origin.contentType,
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
    asked: askedConfiguration(request),
  };
  tx.put(record);
  return streamInfo(record);
}

export function applyAppend(
  tx: StoreTransaction,
  request: AppendRequest,
  now: number,
): AppendOutcome {
  const record = find(tx, request.path, now);
  if (!record) return { status: "missing" };
  if (record.deleted) return { status: "deleted" };
  const { producer, data } = request;
  const state = producer && tx.producer(record.id, producer.id);
  if (record.closed) return appendToClosed(record, request, state);
  if (data && mediaType(request.contentType ?? "") !== mediaType(record.contentType)) {
    return { status: "content-type-mismatch" };
  }
  const verdict = producer && judgeProducer(record, producer, state);
  if (verdict) return verdict;
  if (request.seq !== undefined && !isAfter(request.seq, record.lastSeq)) {
    return { status: "seq-conflict" };
  }
  if (producer && !state && record.producers >= (request.maxProducers ?? Infinity)) {
    return { status: "too-many-producers" };
  }
  return store(tx, record, request, state, now);
}

function store(
  tx: StoreTransaction,
  record: StreamRecord,
  request: AppendRequest,
  state: ProducerState | undefined,
  now: number,
): AppendOutcome {
  const { producer, data, close } = request;
  const tail = record.tail + (data?.byteLength ?? 0);
  if (data) tx.putData(record.id, { end: tail, data });
  if (producer) {
    tx.putProducer(record.id, producer.id, { epoch: producer.epoch, lastSeq: producer.seq });
  }
  tx.put({
    ...record,
    tail,
    accessedAt: needsTouch(record, now) ? now : record.accessedAt,
    closed: close,
    lastSeq: request.seq ?? record.lastSeq,
    producers: record.producers + (producer && !state ? 1 : 0),
  });
  return { status: "appended", tail, closed: close, lastSeq: producer?.seq };
}

/** What keeps a producer's request from being stored, if anything does. */
function judgeProducer(
  record: StreamRecord,
  { epoch, seq }: Producer,
  state: ProducerState | undefined,
): AppendOutcome | undefined {
  if (!state) return seq === 0 ? undefined : { status: "sequence-gap", expected: 0 };
  if (epoch < state.epoch) return { status: "stale-epoch", epoch: state.epoch };
  if (epoch > state.epoch) return seq === 0 ? undefined : { status: "epoch-not-at-zero" };
  if (seq <= state.lastSeq) {
    const { tail, closed } = record;
    return { status: "duplicate", tail, closed, lastSeq: state.lastSeq };
  }
  const expected = state.lastSeq + 1;
  return seq === expected ? undefined : { status: "sequence-gap", expected };
}

/** A closed stream takes nothing, but what it has already stored is acknowledged again. */
function appendToClosed(
  record: StreamRecord,
  request: AppendRequest,
  state: ProducerState | undefined,
): AppendOutcome {
  const { tail } = record;
  if (!request.producer) {
    const closeOnly = request.close && !request.data;
    return closeOnly ? { status: "duplicate", tail, closed: true } : { status: "closed", tail };
  }
  const verdict = state && judgeProducer(record, request.producer, state);
  if (verdict?.status === "duplicate" || verdict?.status === "stale-epoch") return verdict;
  return { status: "closed", tail };
}

const encoder = new TextEncoder();

/** Byte-wise lexicographic order; JavaScript's own order differs for astral characters. */
function isAfter(seq: string, last: string | undefined): boolean {
  if (last === undefined) return true;
  const [a, b] = [encoder.encode(seq), encoder.encode(last)];
  const shared = Math.min(a.byteLength, b.byteLength);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return (a[i] ?? 0) > (b[i] ?? 0);
  }
  return a.byteLength > b.byteLength;
}

export function applyDelete(tx: StoreTransaction, path: string, now: number): DeleteOutcome {
  const record = find(tx, path, now);
  if (!record) return "missing";
  if (record.deleted) return "deleted";
  if (record.forks > 0) {
    tx.put({ ...record, deleted: true });
    return "kept-for-forks";
  }
  removeStream(tx, record);
  return "removed";
}

export function applyTouch(tx: StoreTransaction, path: string, now: number): void {
  const record = find(tx, path, now);
  if (record && !record.deleted && needsTouch(record, now)) tx.put({ ...record, accessedAt: now });
}
