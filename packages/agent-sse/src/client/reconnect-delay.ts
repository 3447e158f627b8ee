import { backoffDelayMs, type BackoffOptions } from "@freshet/core";

/** How `connectAgentStream` comes back: soon after a cut, later and later while nothing comes. */
export const defaultRetry: Readonly<BackoffOptions> = {
  initialDelayMs: 500,
  maxDelayMs: 30_000,
  multiplier: 2,
  maxRetries: Infinity,
  jitter: 0.5,
};

/** A server may ask for patience, but not for ever; and a timer that is asked for too much fires at once. */
const longestDelayMs = 3_600_000;

/**
 * The wait before a reconnect, in milliseconds. What the server asked for (`retry:`, `Retry-After`) is
 * the least; the jittered back-off comes on top, so that its clients do not all return at once. Never more
 * than an hour.
 */
export function reconnectDelayMs(
  failures: number,
  retry: Readonly<BackoffOptions>,
  serverDelayMs = 0,
): number {
  return Math.min(longestDelayMs, serverDelayMs + backoffDelayMs(failures, retry));
}
