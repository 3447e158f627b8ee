import {
  checkOptions,
  numberBetween,
  wholeNumberOrInfinity,
  type OptionFailure,
  type OptionRules,
} from "../options.ts";

/** How long to wait between tries, and how often to try. All times in milliseconds. */
export interface BackoffOptions {
  /** The longest wait before the first retry; above 0. */
  initialDelayMs: number;
  /** No wait is longer than this, unless the server asks for it. */
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
  /** A server that asks (`Retry-After`) for a longer wait than this is not waited for: the operation fails. */
  maxRetryAfterMs: number;
}

/** The defaults of {@link resolveBackoff}; a package may have its own. */
export const defaultBackoff: Readonly<BackoffOptions> = {
  initialDelayMs: 100,
  maxDelayMs: 30_000,
  multiplier: 2,
  maxRetries: 5,
  jitter: 1,
  maxRetryAfterMs: 300_000,
};

/** Just above nothing: without any wait, failures become a hot loop of requests. */
const shortestDelayMs = 1;

const rules: OptionRules<BackoffOptions> = {
  initialDelayMs: numberBetween(shortestDelayMs, Infinity),
  maxDelayMs: numberBetween(shortestDelayMs, Infinity),
  multiplier: numberBetween(1, Infinity),
  maxRetries: wholeNumberOrInfinity(0),
  jitter: numberBetween(0, 1),
  maxRetryAfterMs: numberBetween(0, Infinity),
};

/**
 * Checks back-off options and fills in the defaults; an explicit `undefined` is one too. `false`: no retries.
 *
 * A default delay gives way to the other one where that is given and they would contradict each other.
 *
 * @param fail - makes the error for a wrong option, which is named `retry.maxDelayMs`
 */
export function resolveBackoff(
  given: Partial<BackoffOptions> | false | undefined = {},
  defaults: Readonly<BackoffOptions>,
  fail: OptionFailure,
): Readonly<BackoffOptions> {
  if (given === false) return { ...defaults, maxRetries: 0 };
  checkOptions(given, rules, fail, "retry.");
  const { initialDelayMs, maxDelayMs } = given;
  if (initialDelayMs !== undefined && maxDelayMs !== undefined && maxDelayMs < initialDelayMs) {
    throw fail(
      `retry.maxDelayMs is ${maxDelayMs}: expected at least retry.initialDelayMs (${initialDelayMs}).`,
    );
  }
  const resolved = {
    ...defaults,
    initialDelayMs: Math.min(defaults.initialDelayMs, maxDelayMs ?? Infinity),
    maxDelayMs: Math.max(defaults.maxDelayMs, initialDelayMs ?? 0),
  };
  // Not a spread: an explicit undefined means the default.
  for (const name of Object.keys(rules) as (keyof BackoffOptions)[]) {
    resolved[name] = given[name] ?? resolved[name];
  }
  return resolved;
}

/**
 * The wait before retry number `retry` (0 for the first), in milliseconds. It does not look at
 * `maxRetries`: whether to go on is the caller's decision.
 *
 * @param random - returns a number in [0, 1); replace it to make a test repeatable
 */
export function backoffDelayMs(
  retry: number,
  options: Readonly<BackoffOptions>,
  random: () => number = Math.random,
): number {
  const { initialDelayMs, maxDelayMs, multiplier, jitter } = options;
  // Many doublings amount to Infinity.
  const growth = Math.min(multiplier ** retry, Number.MAX_VALUE);
  const bound = Math.min(maxDelayMs, initialDelayMs * growth);
  return bound * (1 - jitter * random());
}

/**
 * The wait before a retry when the server may have asked for one (`Retry-After`), in milliseconds. What it
 * asked for is the least, and the back-off comes on top, so that its clients do not all return together.
 *
 * @param retryAfterMs - what the server asked for; see `parseRetryAfterMs`
 * @returns `undefined` when the server asks for more than `maxRetryAfterMs`: do not retry, report it
 */
export function retryDelayMs(
  retry: number,
  options: Readonly<BackoffOptions>,
  retryAfterMs = 0,
  random: () => number = Math.random,
): number | undefined {
  if (retryAfterMs > options.maxRetryAfterMs) return undefined;
  return retryAfterMs + backoffDelayMs(retry, options, random);
}
