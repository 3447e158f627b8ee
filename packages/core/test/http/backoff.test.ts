import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  backoffDelayMs,
  type BackoffOptions,
  defaultBackoff,
  resolveBackoff,
  retryDelayMs,
} from "../../src/index.ts";

class OptionError extends Error {}
const fail = (message: string) => new OptionError(message);
const resolve = (options?: Partial<BackoffOptions> | false) =>
  resolveBackoff(options, defaultBackoff, fail);

describe("backoffDelayMs", () => {
  test("doubles up to the cap when nothing is random", () => {
    const options = resolve({ initialDelayMs: 100, maxDelayMs: 1000, multiplier: 2, jitter: 0 });
    const waits = [0, 1, 2, 3, 4, 5].map((retry) => backoffDelayMs(retry, options));
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test("full jitter draws between nothing and the bound, part jitter keeps the rest fixed", () => {
    const bound = { initialDelayMs: 100, maxDelayMs: 1000 };
    expect(backoffDelayMs(1, resolve({ ...bound, jitter: 1 }), () => 0.75)).toBe(50);
    expect(backoffDelayMs(1, resolve({ ...bound, jitter: 0.5 }), () => 0.5)).toBe(150);
  });

  test("is never negative, never above the cap and always a number", () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.integer({ min: 1, max: 100_000 }),
        fc.nat(100_000),
        fc.double({ min: 1, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (retry, initialDelayMs, more, multiplier, jitter) => {
          const maxDelayMs = initialDelayMs + more;
          const options = resolve({ initialDelayMs, maxDelayMs, multiplier, jitter });
          const wait = backoffDelayMs(retry, options);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(maxDelayMs);
        },
      ),
    );
  });
});

describe("resolveBackoff", () => {
  const names = Object.keys(defaultBackoff) as (keyof BackoffOptions)[];

  test.each(names)("an explicit undefined for %s means the default", (name) => {
    expect(resolve({ [name]: undefined })).toEqual(defaultBackoff);
  });

  test.each(names.flatMap((name) => [Number.NaN, -1, "5", null].map((value) => [name, value])))(
    "%s: %j is refused by name",
    (name, value) => {
      const options = { [String(name)]: value };
      expect(() => resolve(options)).toThrow(OptionError);
      expect(() => resolve(options)).toThrow(`retry.${name} is `);
    },
  );

  test("a delay of 0 is refused: it would be a hot loop", () => {
    expect(() => resolve({ initialDelayMs: 0 })).toThrow("retry.initialDelayMs is 0");
    expect(() => resolve({ maxDelayMs: 0 })).toThrow("retry.maxDelayMs is 0");
  });

  test("false means no retries", () => {
    expect(resolve(false)).toEqual({ ...defaultBackoff, maxRetries: 0 });
  });

  test("what is no object is refused", () => {
    expect(() => resolve(true as never)).toThrow("retry is true: expected an object.");
    expect(() => resolve(null as never)).toThrow("retry is null: expected an object.");
  });

  test("a default delay gives way to the delay that is given", () => {
    expect(resolve({ maxDelayMs: 50 }).initialDelayMs).toBe(50);
    expect(resolve({ initialDelayMs: 60_000 }).maxDelayMs).toBe(60_000);
    expect(() => resolve({ initialDelayMs: 60, maxDelayMs: 50 })).toThrow(
      "retry.maxDelayMs is 50: expected at least retry.initialDelayMs (60).",
    );
  });
});

describe("retryDelayMs", () => {
  const options = resolve({ jitter: 0, maxRetryAfterMs: 5000 });

  test("what the server asks for comes before the back-off", () => {
    expect(retryDelayMs(0, options)).toBe(100);
    expect(retryDelayMs(1, options, 5000)).toBe(5200);
  });

  test("a server that asks for too long a wait is not waited for", () => {
    expect(retryDelayMs(0, options, 5001)).toBeUndefined();
  });
});
