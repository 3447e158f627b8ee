/**
 * The base of every error that a Freshet package throws on purpose.
 *
 * Each package has one subclass (or a family under one) whose `code` comes from an exported union,
 * so that `switch (error.code)` is checked by the compiler. The facts (offset, status, url, …) are
 * fields of the subclass; the message says what happened, where, and what to do.
 *
 * @example
 * ```ts
 * import { FreshetError } from "@freshet/core";
 *
 * class LampError extends FreshetError<"BULB_MISSING" | "NO_POWER"> {
 *   override readonly name: string = "LampError";
 * }
 * const error = new LampError("NO_POWER", "The lamp has no power: plug it in.");
 * console.log(error.code); // NO_POWER
 * ```
 */
export class FreshetError<Code extends string = string> extends Error {
  override readonly name: string = "FreshetError";
  /** What happened, stable across versions: branch on this, never on the message. */
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    // An explicit `cause: undefined` would still create the property.
    super(message, options?.cause === undefined ? undefined : options);
    this.code = code;
  }
}
