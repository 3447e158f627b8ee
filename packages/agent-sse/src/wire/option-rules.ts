import type { OptionRule } from "@freshet/core";

/** Any text, also an empty one. */
export const text: OptionRule = {
  expected: "text",
  accepts: (value) => typeof value === "string",
};

/** A Standard Schema; those of arktype are functions. */
export const aSchema: OptionRule = {
  expected: "a Standard Schema (zod, valibot, arktype, …)",
  accepts: (value) => "~standard" in (Object(value) as object),
};

export const headersOrFunction: OptionRule = {
  expected: "headers, or a function that makes them",
  accepts: (value) => Object(value) === value,
};

export const aListOfNames: OptionRule = {
  expected: "a list of names",
  accepts: (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
};
