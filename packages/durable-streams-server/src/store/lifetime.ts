import type { StreamInfo } from "./store.ts";

type Lifetime = Pick<StreamInfo, "ttlSeconds" | "expiresAt" | "accessedAt">;

/**
 * How exactly the start of a sliding window is kept, in milliseconds: a tenth of the window, a minute
 * at most. A read that comes sooner after the last one writes nothing. The expiry waits as much
 * longer, so a stream is never gone early.
 */
export function touchGranularity(ttlSeconds: number): number {
  return Math.min(ttlSeconds * 100, 60_000);
}

/** When the stream ends, in milliseconds since 1970; `Infinity` for never. */
export function expiryOf(stream: Lifetime): number {
  if (stream.expiresAt !== undefined) return stream.expiresAt;
  if (stream.ttlSeconds === undefined) return Infinity;
  return stream.accessedAt + stream.ttlSeconds * 1000 + touchGranularity(stream.ttlSeconds);
}

export function isExpired(stream: Lifetime, now: number): boolean {
  return now >= expiryOf(stream);
}

/** Whether a read or write at `now` has to move the start of the sliding window. */
export function needsTouch(stream: Lifetime, now: number): boolean {
  return (
    stream.ttlSeconds !== undefined &&
    now - stream.accessedAt >= touchGranularity(stream.ttlSeconds)
  );
}
