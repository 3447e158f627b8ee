/**
 * Cursors keep shared caches from returning the same empty page to a live read for ever.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 10.1)
 */

const EPOCH = Date.UTC(2024, 9, 9);
const INTERVAL_MS = 20_000;
const MAX_JITTER_SECONDS = 3600;

/**
 * The number of the current 20-second interval, or a later one if the client already has that: no
 * cursor is used twice.
 */
export function nextCursor(
  clientCursor: string | null | undefined,
  now: number = Date.now(),
  random: () => number = Math.random,
): string {
  const current = Math.floor((now - EPOCH) / INTERVAL_MS);
  const client = clientCursor && /^\d{1,15}$/.test(clientCursor) ? Number(clientCursor) : -1;
  if (client < current) return String(current);
  const jitterSeconds = 1 + Math.floor(random() * MAX_JITTER_SECONDS);
  return String(client + Math.ceil((jitterSeconds * 1000) / INTERVAL_MS));
}

/** Within one response a cursor never goes back: the client's own is passed only once. */
export function laterCursor(a: string, b: string): string {
  return Number(a) > Number(b) ? a : b;
}
