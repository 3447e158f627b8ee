import { expiryOf } from "../lifetime.ts";
import type { StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";

/** Removes a stream that expired at `cutoff` or before. Its data stays while forks read it. */
export function removeExpired(tx: StoreTransaction, path: string, cutoff: number): void {
  const record = tx.byPath(path);
  if (!record || record.deleted || expiryOf(record) > cutoff) return;
  if (record.forks > 0) tx.put({ ...record, deleted: true });
  else removeStream(tx, record);
}

/** Removes a stream, and then each source up the chain that was only kept for it. */
export function removeStream(tx: StoreTransaction, record: StreamRecord): void {
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
