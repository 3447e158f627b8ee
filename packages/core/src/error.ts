/** Marks an error of any copy of this package: two versions can be installed side by side. */
const brand: unique symbol = Symbol.for("@freshet/core/FreshetError");

/** Options of {@link FreshetError}. */
export interface FreshetErrorOptions {
  /** What caused it, usually another error. */
  cause?: unknown;
  /** Whether the same operation may succeed when it is tried again unchanged. Default: `false`. */
  retryable?: boolean | undefined;
}

/**
 * The base of every error that a Freshet package throws on purpose.
 *
 * Each package has one subclass (or a family under one) whose `code` comes from an exported union,
 * so that `switch (error.code)` is checked by the compiler. The facts (offset, status, url, …) are
 * fields of the subclass; the message says what happened, where, and what to do. Errors are immutable:
 * all facts are known when one is made.
 *
 * `error instanceof FreshetError` also holds for errors of another installed copy of this package.
 *
 * @example
 * ```ts
 * import { FreshetError } from "@freshet/core";
 *
 * class LampError extends FreshetError<"BULB_MISSING" | "NO_POWER"> {
 *   override readonly name: string = "LampError";
 *   declare readonly room: string | undefined;
 * }
 * const error = new LampError("NO_POWER", "The lamp has no power: plug it in.", {}, { room: "hall" });
 * console.log(error.code, error.room, error.retryable); // NO_POWER hall false
 * ```
 */
export class FreshetError<Code extends string = string> extends Error {
  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  // Not a type predicate: subclasses inherit it, and would be narrowed to this class.
  static override [Symbol.hasInstance](value: unknown): boolean {
    if ((this as unknown) !== FreshetError) return super[Symbol.hasInstance](value);
    return (value as { [brand]?: true } | null | undefined)?.[brand] === true;
  }

  override readonly name: string = "FreshetError";
  /** What happened, stable across versions: branch on this, never on the message. */
  declare readonly code: Code;
  /** Whether the same operation may succeed when it is tried again unchanged. */
  declare readonly retryable: boolean;

  /** @param facts - the fields of the subclass; what is `undefined` is left out */
  constructor(
    code: Code,
    message: string,
    { cause, retryable = false }: FreshetErrorOptions = {},
    facts: object = {},
  ) {
    // An explicit `cause: undefined` would still create the property.
    super(message, cause === undefined ? undefined : { cause });
    for (const [key, value] of Object.entries<unknown>({ code, retryable, ...facts })) {
      if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true });
    }
  }
}
