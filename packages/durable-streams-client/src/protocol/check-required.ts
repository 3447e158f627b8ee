import { checkOption, type OptionRule } from "@freshet/core";
import { invalidOption } from "../errors.ts";

/** Checks a value that has no default: unlike an option, it must not be `undefined`. */
export function checkRequired(name: string, value: unknown, rule: OptionRule): void {
  checkOption(name, value ?? null, rule, invalidOption);
}
