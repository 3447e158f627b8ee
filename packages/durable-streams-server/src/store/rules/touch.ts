import { needsTouch } from "../lifetime.ts";
import type { StoreTransaction } from "../transaction.ts";
import { findStream } from "./lookup.ts";

/** Restarts the sliding window of a stream that has one. */
export function applyTouch(tx: StoreTransaction, path: string, now: number): void {
  const record = findStream(tx, path, now);
  if (record && !record.deleted && needsTouch(record, now)) tx.put({ ...record, accessedAt: now });
}
