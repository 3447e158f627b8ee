/**
 * Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, section 10.2.3).
 *
 * @returns milliseconds from `now` on, never negative, or `undefined` when the header is missing or
 * cannot be read
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

/**
 * Whether a request that got this status may succeed when it is sent again unchanged: 408, 425, 429 and all
 * of 5xx but 501 and 505, which say that the server cannot do it.
 */
export function isRetryableStatus(status: number): boolean {
  if (status >= 500) return status < 600 && status !== 501 && status !== 505;
  return status === 408 || status === 425 || status === 429;
}
