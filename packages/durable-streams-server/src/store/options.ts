import { checkOptions, maxTimerMs, numberBetween } from "@freshet/core";
import type { OptionRule, OptionRules } from "@freshet/core";
import { DurableStreamsServerError } from "./errors.ts";

/** The interval of a timer, in milliseconds. */
export const timerInterval: OptionRule = {
  ...numberBetween(1, maxTimerMs),
  expected: `milliseconds from 1 to ${maxTimerMs}`,
};

export const aLogger: OptionRule = {
  expected: "an object with the methods info, warn and error",
  accepts: (value) =>
    ["info", "warn", "error"].every(
      (method) => typeof (value as Record<string, unknown> | null)?.[method] === "function",
    ),
};

/** How long the data of expired streams is kept, in milliseconds. */
export const gracePeriod: OptionRule = numberBetween(0, Number.MAX_SAFE_INTEGER);

export function invalidOption(message: string): DurableStreamsServerError {
  return new DurableStreamsServerError("INVALID_OPTION", message);
}

/**
 * Checks the options of a public entry.
 *
 * @param path - the option that holds them, with a dot at the end: `limits.`
 * @throws DurableStreamsServerError `INVALID_OPTION`
 */
export function expectOptions<Options extends object>(
  options: Options,
  rules: OptionRules<Options>,
  path = "",
): void {
  checkOptions(options, rules, invalidOption, path);
}
