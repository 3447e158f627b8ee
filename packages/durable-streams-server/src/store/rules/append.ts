/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 5.2 and 5.3) */
import { mediaType } from "@freshet/core";
import { forgetIdleProducers, idleSince, usedAt } from "../idle-producers.ts";
import { needsTouch } from "../lifetime.ts";
import type { AppendOutcome, AppendRequest, Producer } from "../store.ts";
import type { ProducerState, StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";
import { findStream } from "./lookup.ts";

export function applyAppend(
  tx: StoreTransaction,
  request: AppendRequest,
  now: number,
  producerIdleMs: number,
): AppendOutcome {
  const record = findStream(tx, request.path, now);
  if (!record) return { status: "missing" };
  if (record.deleted) return { status: "deleted" };
  const { producer, data } = request;
  const known = producer && tx.producer(record.id, producer.id);
  // Whether it is still in the store or not, a producer that was idle is a new one.
  const state = known && known.usedAt > idleSince(now, producerIdleMs) ? known : undefined;
  if (record.closed) return appendToClosed(record, request, state);
  if (data && mediaType(request.contentType ?? "") !== mediaType(record.contentType)) {
    return { status: "content-type-mismatch" };
  }
  const refusal = producer && refusalOf(record, producer, state);
  if (refusal) return refusal;
  if (request.seq !== undefined && !isAfter(request.seq, record.lastSeq)) {
    return { status: "seq-conflict" };
  }
  if (!producer) return store(tx, record, request, now);
  let target = record;
  if (!known && target.producers >= (request.maxProducers ?? Infinity)) {
    target = forgetIdleProducers(tx, target, now, producerIdleMs);
    if (target === record) return { status: "too-many-producers" };
  }
  tx.putProducer(
    record.id,
    producer.id,
    { epoch: producer.epoch, lastSeq: producer.seq, usedAt: usedAt(known, now, producerIdleMs) },
    known,
  );
  const producers = target.producers + (known ? 0 : 1);
  return store(tx, { ...target, producers }, request, now);
}

function store(
  tx: StoreTransaction,
  record: StreamRecord,
  request: AppendRequest,
  now: number,
): AppendOutcome {
  const { producer, data, close } = request;
  const tail = record.tail + (data?.byteLength ?? 0);
  if (data) tx.putData(record.id, { end: tail, data });
  tx.put({
    ...record,
    tail,
    accessedAt: needsTouch(record, now) ? now : record.accessedAt,
    closed: close,
    closedBy: close ? producer : undefined,
    lastSeq: request.seq ?? record.lastSeq,
  });
  const { id: generation } = record;
  return { status: "appended", generation, tail, closed: close, lastSeq: producer?.seq };
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
    const { id: generation, tail, closed } = record;
    return { status: "duplicate", generation, tail, closed, lastSeq: state.lastSeq };
  }
  const expected = state.lastSeq + 1;
  return seq === expected ? undefined : { status: "sequence-gap", expected };
}

/**
 * A closed stream stores nothing more. It acknowledges again the request that closed it; from the
 * refusal of every other one its producer learns up to where its requests were stored.
 */
function appendToClosed(
  record: StreamRecord,
  { producer, close, data }: AppendRequest,
  state: ProducerState | undefined,
): AppendOutcome {
  const { id: generation, tail, closedBy } = record;
  const isRepeated = producer
    ? producer.id === closedBy?.id &&
      producer.epoch === closedBy.epoch &&
      producer.seq === closedBy.seq
    : close && !data;
  if (isRepeated) {
    return { status: "duplicate", generation, tail, closed: true, lastSeq: closedBy?.seq };
  }
  return { status: "closed", generation, tail, epoch: state?.epoch, lastSeq: state?.lastSeq };
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
