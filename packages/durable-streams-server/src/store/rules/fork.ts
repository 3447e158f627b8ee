import { isJson } from "../../wire/content-type.ts";
import { firstMessages } from "../../wire/json-messages.ts";
import type { DataRecord, ForkRequest } from "../store.ts";
import { sharedTo, type StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";

/** Where a fork begins, and the part of a record that it copies. */
export interface ResolvedFork {
  readonly at: number;
  /** The source's offsets up to this position are offsets of the fork. */
  readonly sharedTo: number;
  readonly partial?: Uint8Array | undefined;
}

/**
 * Finds the record boundary at which a fork leaves its source. A sub-offset, or a byte position inside
 * a record, becomes a copy of the start of that record, so that chains always meet at boundaries.
 */
export function resolveFork(
  tx: StoreTransaction,
  source: StreamRecord,
  request: ForkRequest,
): ResolvedFork | "fork-position-invalid" | "sub-offset-invalid" | "fork-generation-gone" {
  const { position = source.tail, generation = source.id } = request;
  if (!hasOffset(tx, source, generation, position)) return "fork-generation-gone";
  if (position > source.tail) return "fork-position-invalid";
  const next = recordAfter(tx, source, position);
  const start = next ? next.end - next.data.byteLength : position;
  if (!next || (start === position && request.subOffset === 0)) {
    return request.subOffset === 0 ? { at: position, sharedTo: position } : "sub-offset-invalid";
  }
  if (isJson(source.contentType)) {
    if (start !== position) return "fork-position-invalid";
    const partial = firstMessages(next.data, request.subOffset);
    return partial ? { at: position, sharedTo: position, partial } : "sub-offset-invalid";
  }
  const length = position - start + request.subOffset;
  if (length > next.data.byteLength) return "sub-offset-invalid";
  return { at: start, sharedTo: start + length, partial: next.data.subarray(0, length) };
}

/** Whether a position of a generation is one of the stream: see `hasOffset` of read-chain.ts. */
function hasOffset(
  tx: StoreTransaction,
  stream: StreamRecord,
  generation: number,
  position: number,
): boolean {
  let owner: StreamRecord | undefined = stream;
  while (owner && owner.id !== generation) {
    const { fork }: StreamRecord = owner;
    owner = fork && position <= sharedTo(fork) ? tx.byId(fork.sourceId) : undefined;
  }
  return owner !== undefined;
}

/** The first record of a stream that ends after a position; it may lie in the source. */
function recordAfter(
  tx: StoreTransaction,
  stream: StreamRecord,
  position: number,
): DataRecord | undefined {
  let owner: StreamRecord | undefined = stream;
  while (owner?.fork && position < owner.fork.at) owner = tx.byId(owner.fork.sourceId);
  return owner && tx.dataAfter(owner.id, position);
}
