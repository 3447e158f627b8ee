/** How long to wait between tries, and how often to try. All times in milliseconds. */
export interface BackoffOptions {
  /** The longest wait before the first retry. */
  initialDelayMs: number;
  /** No wait is longer than this. */
  maxDelayMs: number;
  /** How much longer each wait may be than the one before; at least 1. */
  multiplier: number;
  /** How many retries after the first try; `Infinity` for no end. */
  maxRetries: number;
  /**
   * The share of each wait that is random, 0 to 1. 1 ("full jitter", the default) draws the whole
   * wait between 0 and its bound, so that many clients that failed together do not return together.
   */
  jitter: number;
}

/** The defaults of {@link backoffDelayMs}; a package may have its own. */
export const defaultBackoff: Readonly<BackoffOptions> = {
  initialDelayMs: 100,
  maxDelayMs: 30_000,
  multiplier: 2,
  maxRetries: 5,
  jitter: 1,
};

/**
 * The wait before retry number `retry` (0 for the first), in milliseconds. It does not look at
 * `maxRetries`: whether to go on is the caller's decision.
 *
 * @param random - returns a number in [0, 1); replace it to make a test repeatable
 */
export function backoffDelayMs(
  retry: number,
  options: Partial<BackoffOptions> = {},
  random: () => number = Math.random,
): number {
  const { initialDelayMs, maxDelayMs, multiplier, jitter } = { ...defaultBackoff, ...options };
  // Many doublings amount to Infinity, which times an initial delay of 0 would be NaN.
  const growth = Math.min(multiplier ** retry, Number.MAX_VALUE);
  const bound = Math.min(maxDelayMs, initialDelayMs * growth);
  return bound * (1 - jitter * random());
}

/**
 * Waits `ms` milliseconds. An abort rejects at once with the signal's own reason and leaves no timer
 * and no listener behind.
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, section 10.2.3).
 *
 * @returns milliseconds from `now` on, never negative, or `undefined` when the header is missing or
 * says nothing usable
 */
export function parseRetryAfterMs(
  value: string | null | undefined,
  now: number = Date.now(),
): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
