import { checkOptions, maxTimerMs, numberBetween } from "@freshet/core";
import type { OptionRule, OptionRules } from "@freshet/core";
import { DurableStreamsServerError } from "./errors.ts";

/** The interval of a timer, in milliseconds. */
export const timerInterval: OptionRule = {
  ...numberBetween(1, maxTimerMs),
  expected: `milliseconds from 1 to ${maxTimerMs}`,
};

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
