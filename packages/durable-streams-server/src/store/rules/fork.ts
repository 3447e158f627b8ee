import { isJson } from "../../wire/content-type.ts";
import { firstMessages } from "../../wire/json-messages.ts";
import type { DataRecord, ForkRequest } from "../store.ts";
import type { StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";

/** Where a fork begins, and the part of a record that it copies. */
export interface ResolvedFork {
  readonly at: number;
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
): ResolvedFork | "fork-position-invalid" | "sub-offset-invalid" {
  const position = request.position ?? source.tail;
  if (position > source.tail) return "fork-position-invalid";
  const next = recordAfter(tx, source, position);
  const start = next ? next.end - next.data.byteLength : position;
  if (!next || (start === position && request.subOffset === 0)) {
    return request.subOffset === 0 ? { at: position } : "sub-offset-invalid";
  }
  if (isJson(source.contentType)) {
    if (start !== position) return "fork-position-invalid";
    const partial = firstMessages(next.data, request.subOffset);
    return partial ? { at: position, partial } : "sub-offset-invalid";
  }
  const length = position - start + request.subOffset;
  if (length > next.data.byteLength) return "sub-offset-invalid";
  return { at: start, partial: next.data.subarray(0, length) };
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
