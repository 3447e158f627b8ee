import { FreshetError } from "@freshet/core";
import { expect, test } from "vitest";
import { BedrockError, type BedrockErrorFacts } from "../src/index.ts";

test("facts are fields of the error, and unknown facts are not", () => {
  const cause = new Error("why");
  const error = new BedrockError("THROTTLED", "Slow down.", {
    status: 429,
    offset: undefined,
    cause,
  });
  expect(error).toBeInstanceOf(FreshetError);
  expect(error).toMatchObject({ name: "BedrockError", code: "THROTTLED", status: 429, cause });
  expect(Object.keys(error).sort()).toEqual(["code", "name", "retryable", "status"]);
});

test("retryable follows from the code, unless it is given", () => {
  expect(new BedrockError("THROTTLED", "").retryable).toBe(true);
  expect(new BedrockError("VALIDATION", "").retryable).toBe(false);
  expect(new BedrockError("THROTTLED", "", { retryable: false }).retryable).toBe(false);
});

const facts: Required<BedrockErrorFacts> = {
  status: 429,
  retryable: false,
  requestId: "r",
  exceptionType: "x",
  offset: 0,
  retryAfterMs: 5,
  details: { a: 1 },
  events: [1],
  cause: new Error("why"),
};

test("with() copies every fact into a new error and leaves the old one alone", () => {
  const { requestId, events, ...others } = facts;
  const error = new BedrockError("THROTTLED", "Slow down.", others);
  const more = error.with({ requestId, events });
  expect(more).toMatchObject({ ...facts, code: "THROTTLED", message: "Slow down." });
  expect(error).not.toHaveProperty("requestId");
  expect(more.with({ events: [2] })).toMatchObject({ ...facts, events: [2] });
});

test("every fact of an error is immutable, and so are those of a copy", () => {
  const error = new BedrockError("THROTTLED", "Slow down.", facts);
  for (const each of [error, error.with({})]) {
    for (const name of ["code", ...Object.keys(facts).filter((fact) => fact !== "cause")]) {
      expect(Object.getOwnPropertyDescriptor(each, name), name).toMatchObject({ writable: false });
    }
  }
});
