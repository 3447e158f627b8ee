import { wholeNumberOrInfinity, type OptionRule } from "@freshet/core";
import type { ProducerState, StreamRecord } from "./stream-record.ts";
import type { StoreTransaction } from "./transaction.ts";

/** An option of every store. */
export interface ProducerOptions {
  /**
   * How long a producer that stores nothing is remembered, in milliseconds (default 7 days; Infinity
   * for ever). A repetition that arrives later is stored again.
   */
  producerIdleMs?: number | undefined;
}

export const producerIdle: OptionRule = wholeNumberOrInfinity(1);

export const DEFAULT_PRODUCER_IDLE_MS: number = 7 * 24 * 60 * 60 * 1000;

/** How many idle producers of a stream one step forgets at most. */
const PRODUCERS_PER_STEP = 500;

/**
 * When a producer was last used, to a hundredth of the window: most appends do not move it. It is
 * remembered as much longer, so it is never forgotten early.
 */
export function usedAt(before: ProducerState | undefined, now: number, idleMs: number): number {
  return before && now - before.usedAt < granularity(idleMs) ? before.usedAt : now;
}

/** Producers that were last used at this time, or before it, are idle. */
export function idleSince(now: number, idleMs: number): number {
  return now - idleMs - granularity(idleMs);
}

function granularity(idleMs: number): number {
  return Math.min(Math.ceil(idleMs / 100), 3_600_000);
}

/** Forgets some idle producers of a stream, least recently used first. */
export function forgetIdleProducers(
  tx: StoreTransaction,
  record: StreamRecord,
  now: number,
  idleMs: number,
): StreamRecord {
  const since = idleSince(now, idleMs);
  const removed = tx.removeIdleProducers(record.id, since, PRODUCERS_PER_STEP);
  return removed === 0 ? record : { ...record, producers: record.producers - removed };
}
