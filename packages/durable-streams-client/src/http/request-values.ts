// https://www.rfc-editor.org/rfc/rfc9110#section-5
import { InvalidOptionError } from "../errors.ts";
import { reservedParams } from "../protocol/headers.ts";
import type { Resolvable } from "./endpoint-options.ts";

const headerName = /^[-!#$%&'*+.^`|~\w]+$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Throws for headers that HTTP cannot carry. The results of functions are not checked. */
export function checkHeaders(headers: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(headers)) {
    const isValid = typeof value === "string" ? headerValue.test(value) : isFunction(value);
    if (isValid && headerName.test(name)) continue;
    throw new InvalidOptionError(
      `Invalid header ${JSON.stringify(name)}: expected a name and a value that HTTP allows.`,
    );
  }
}

/** Throws for query parameters that the protocol reserves, and for values that are not text. */
export function checkParams(params: Record<string, unknown>, where: string = "params."): void {
  for (const [name, value] of Object.entries(params)) {
    if (reservedParams.has(name)) {
      throw new InvalidOptionError(
        `Invalid ${where}${name}: the protocol reserves it, so use the option of that name.`,
      );
    }
    if (typeof value !== "string" && !isFunction(value)) {
      throw new InvalidOptionError(
        `${where}${name} is of type ${typeof value}: expected a string or a function.`,
      );
    }
  }
}

/** The values that are set; `undefined` means not set. */
export function definedOf<T extends object>(values: T | undefined): T {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter(([, value]) => value !== undefined),
  ) as T;
}

/** The headers that are set, with lower-case names. */
export function lowerCaseNames(
  headers: Record<string, Resolvable> | undefined,
): Record<string, Resolvable> {
  return Object.fromEntries(
    Object.entries(definedOf(headers)).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Calls the functions among `values`. */
export async function resolveValues(
  values: Record<string, Resolvable>,
): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    resolved[name] = typeof value === "function" ? await value() : value;
  }
  return resolved;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
