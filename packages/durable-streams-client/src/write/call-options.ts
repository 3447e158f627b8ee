import { anAbortSignal, checkOptions, type OptionRules } from "@freshet/core";
import { invalidOption } from "../errors.ts";
import { headerToken } from "../protocol/headers.ts";

/** Options of one call. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
}

/** Options of one append. */
export interface AppendOptions extends CallOptions {
  /** A sequence string that sorts after that of every earlier append. */
  seq?: string | undefined;
}

const rules: OptionRules<AppendOptions> = { seq: headerToken, signal: anAbortSignal };

/** The default of all calls, which needs no check. */
export const noOptions: AppendOptions = {};

export function checkCallOptions(options: AppendOptions): void {
  if (options !== noOptions) checkOptions(options, rules, invalidOption);
}
