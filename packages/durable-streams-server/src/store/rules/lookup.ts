import { isExpired } from "../lifetime.ts";
import type { StreamRecord } from "../stream-record.ts";
import type { StoreTransaction } from "../transaction.ts";
import { expire } from "./remove.ts";

/** The stream at a path as a writer sees it. One that has expired is removed first. */
export function findStream(
  tx: StoreTransaction,
  path: string,
  now: number,
): StreamRecord | undefined {
  const record = tx.byPath(path);
  if (!record || record.deleted || !isExpired(record, now)) return record;
  expire(tx, record);
  return tx.byPath(path);
}
