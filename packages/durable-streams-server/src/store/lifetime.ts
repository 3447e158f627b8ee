import type { StreamInfo } from "./store.ts";

type Lifetime = Pick<StreamInfo, "ttlSeconds" | "expiresAt" | "accessedAt">;

/**
 * The precision of the start of a sliding window, in milliseconds: a tenth of the window, at most a
 * minute. A read that follows the last one sooner writes nothing. The expiry is as much later, so a
 * stream never expires early.
 */
export function touchGranularity(ttlSeconds: number): number {
  return Math.min(ttlSeconds * 100, 60_000);
}

/** When the stream expires, in milliseconds since 1970; `Infinity` for never. */
export function expiryOf(stream: Lifetime): number {
  if (stream.expiresAt !== undefined) return stream.expiresAt;
  if (stream.ttlSeconds === undefined) return Infinity;
  return stream.accessedAt + stream.ttlSeconds * 1000 + touchGranularity(stream.ttlSeconds);
}

export function isExpired(stream: Lifetime, now: number): boolean {
  return now >= expiryOf(stream);
}

/** When a read or write must move the start of the sliding window; `Infinity` for never. */
export function touchTime({ ttlSeconds, accessedAt }: Lifetime): number {
  return ttlSeconds === undefined ? Infinity : accessedAt + touchGranularity(ttlSeconds);
}

/** Whether a read or write at `now` must move the start of the sliding window. */
export function needsTouch(stream: Lifetime, now: number): boolean {
  return now >= touchTime(stream);
}
