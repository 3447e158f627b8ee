import { isExpired } from "../lifetime.ts";
import type { StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";

/**
 * The stream at a path as a writer sees it. One that has expired is gone, or deleted while forks read its
 * data; it is removed later, by a sweep.
 */
export function findStream(
  tx: StoreTransaction,
  path: string,
  now: number,
): StreamRecord | undefined {
  const record = tx.byPath(path);
  if (!record || record.deleted || !isExpired(record, now)) return record;
  return record.forks > 0 ? { ...record, deleted: true } : undefined;
}
