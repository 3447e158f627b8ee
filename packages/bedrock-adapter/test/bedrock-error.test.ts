import { FreshetError } from "@freshet/core";
import { expect, test } from "vitest";
import { BedrockError } from "../src/index.ts";

test("facts are fields, and what is not known is none", () => {
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

test("what is retryable follows from the code, unless it is said", () => {
  expect(new BedrockError("THROTTLED", "").retryable).toBe(true);
  expect(new BedrockError("VALIDATION", "").retryable).toBe(false);
  expect(new BedrockError("THROTTLED", "", { retryable: false }).retryable).toBe(false);
});

test("with() keeps everything and adds to it", () => {
  const cause = new Error("why");
  const facts = { status: 429, retryable: false, exceptionType: "x", offset: 0, details: { a: 1 } };
  const error = new BedrockError("THROTTLED", "Slow down.", { ...facts, cause });
  const more = error.with({ requestId: "r", events: [1] });
  expect(more).toMatchObject({ ...facts, cause, requestId: "r", events: [1], code: "THROTTLED" });
  expect(more.message).toBe("Slow down.");
});
