/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 4.2 and 5.4) */
import type { DeleteOutcome } from "../store.ts";
import type { StoreTransaction } from "../transaction.ts";
import { findStream } from "./lookup.ts";
import { removeStream } from "./remove.ts";

export function applyDelete(tx: StoreTransaction, path: string, now: number): DeleteOutcome {
  const record = findStream(tx, path, now);
  if (!record) return "missing";
  if (record.deleted) return "deleted";
  if (record.forks > 0) {
    tx.put({ ...record, deleted: true });
    return "kept-for-forks";
  }
  removeStream(tx, record);
  return "removed";
}
