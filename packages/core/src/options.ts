/** Makes a package's own error, with code `INVALID_OPTION`, of a message. */
export type OptionFailure = (message: string) => Error;

/** What an option may be. */
export interface OptionRule {
  /** Completes "expected …" in a message: `a whole number of at least 1`. */
  readonly expected: string;
  accepts(value: unknown): boolean;
  /** The value never appears in a message. */
  readonly isSecret?: boolean;
}

/** A rule for each option that is checked. */
export type OptionRules<Options> = { readonly [Name in keyof Options]?: OptionRule };

/**
 * Throws for the first option that its rule does not accept, naming it, its value and what is allowed:
 * `idleTimeoutMs is NaN: expected …`. `undefined` always means the default and is never refused.
 *
 * @param fail - makes the error to throw
 * @param path - where the options stand: `retry.` for those of `retry`
 */
export function checkOptions<Options extends object>(
  options: Options,
  rules: OptionRules<Options>,
  fail: OptionFailure,
  path = "",
): void {
  if (typeof options !== "object" || (options as unknown) === null) {
    throw fail(`${path.slice(0, -1) || "options"} is ${describe(options)}: expected an object.`);
  }
  // Without Object.entries, which allocates: some functions come here at every call.
  for (const name in rules) {
    const rule = rules[name];
    if (rule) checkOption(path + name, options[name], rule, fail);
  }
}

/** Throws unless `rule` accepts `value`, or it is `undefined`. */
export function checkOption(
  name: string,
  value: unknown,
  rule: OptionRule,
  fail: OptionFailure,
): void {
  if (value === undefined || rule.accepts(value)) return;
  const shown = rule.isSecret ? "not valid" : describe(value);
  throw fail(`${name} is ${shown}: expected ${rule.expected}.`);
}

/** A whole number, at most 2 ** 53 - 1. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): OptionRule {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return {
    expected: `a whole number ${range}`,
    accepts: (value) => Number.isSafeInteger(value) && within(value, min, max),
  };
}

/** A whole number, or Infinity for no limit. */
export function wholeNumberOrInfinity(min: number): OptionRule {
  const finite = wholeNumber(min);
  return {
    expected: `${finite.expected}, or Infinity`,
    accepts: (value) => value === Infinity || finite.accepts(value),
  };
}

/** A number between two others, both of them allowed. */
export function numberBetween(min: number, max: number): OptionRule {
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  return {
    expected: `a number ${range}`,
    accepts: (value) => within(value, min, max),
  };
}

/** How long something may take, in milliseconds. What a timer cannot wait for is no limit. */
export const timeLimit: OptionRule = {
  // Not a template with maxTimerMs: bundlers would keep it where nobody uses the rule.
  expected: "milliseconds above 0, or Infinity for no limit (as is all beyond 2147483647)",
  accepts: (value) => typeof value === "number" && value > 0,
};

/** One of a few values. */
export function oneOf(...values: readonly (string | boolean)[]): OptionRule {
  return {
    expected: values.map((value) => describe(value)).join(" or "),
    accepts: (value) => values.includes(value as string),
  };
}

/** An absolute http or https URL, as text or as a URL object. */
export const httpUrl: OptionRule = {
  expected: "an absolute http or https URL",
  accepts(value) {
    if (typeof value !== "string" && !(value instanceof URL)) return false;
    try {
      return /^https?:$/.test(new URL(value).protocol);
    } catch {
      return false;
    }
  },
};

export const aFunction: OptionRule = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

export const aBoolean: OptionRule = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const anObject: OptionRule = {
  expected: "an object",
  accepts: (value) => typeof value === "object" && value !== null,
};

export const nonEmptyString: OptionRule = {
  expected: "text that is not empty",
  accepts: (value) => typeof value === "string" && value !== "",
};

/** Of this platform or another realm: whatever can be listened to. */
export const anAbortSignal: OptionRule = {
  expected: "an AbortSignal",
  accepts: (value) => typeof value === "object" && value !== null && "aborted" in value,
};

/** The same rule for a value that must not appear in a message. */
export function secret(rule: OptionRule): OptionRule {
  return { ...rule, isSecret: true };
}

function within(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && value >= min && value <= max;
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  // Not text of the value: an object may hold anything, or refuse to become text.
  return Object(value) === value ? `of type ${typeof value}` : String(value);
}
