/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 5.2 and 5.3) */
import { mediaType } from "@freshet/core";
import { needsTouch } from "../lifetime.ts";
import type { AppendOutcome, AppendRequest, Producer } from "../store.ts";
import type { ProducerState, StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";
import { findStream } from "./lookup.ts";

export function applyAppend(
  tx: StoreTransaction,
  request: AppendRequest,
  now: number,
): AppendOutcome {
  const record = findStream(tx, request.path, now);
  if (!record) return { status: "missing" };
  if (record.deleted) return { status: "deleted" };
  const { producer, data } = request;
  const state = producer && tx.producer(record.id, producer.id);
  if (record.closed) return appendToClosed(record, request, state);
  if (data && mediaType(request.contentType ?? "") !== mediaType(record.contentType)) {
    return { status: "content-type-mismatch" };
  }
  const refusal = producer && refusalOf(record, producer, state);
  if (refusal) return refusal;
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

/** Why a producer's request is not stored; `undefined` if it is next in sequence. */
function refusalOf(
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

/** A closed stream stores nothing more, but acknowledges again what it has already stored. */
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
  const refusal = state && refusalOf(record, request.producer, state);
  if (refusal?.status === "duplicate" || refusal?.status === "stale-epoch") return refusal;
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
