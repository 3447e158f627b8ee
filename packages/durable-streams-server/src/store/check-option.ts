import { DurableStreamsServerError } from "./errors.ts";

export function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new DurableStreamsServerError(
    "INVALID_OPTION",
    `${name} is ${value}: it must be greater than 0.`,
  );
}

/** Milliseconds that a timer can wait, or Infinity for no limit. */
export function timeLimit(name: string, value: number): number {
  if (value > 0 && (value < 2 ** 31 || value === Infinity)) return value;
  throw new DurableStreamsServerError(
    "INVALID_OPTION",
    `${name} is ${value}: it must be greater than 0 and less than 2^31, or Infinity.`,
  );
}
