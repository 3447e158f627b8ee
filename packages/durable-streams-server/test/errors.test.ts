import { FreshetError } from "@freshet/core";
import { expect, test } from "vitest";
import { HttpError } from "../src/http/http-error.ts";
import { DurableStreamsServerError } from "../src/index.ts";
import { SubscriptionError } from "../src/subscriptions/subscription-error.ts";

test.each([
  ["code", "retryable"],
  ["code", "retryable", "status", "headers"],
  ["code", "retryable", "details"],
])("the facts of an error cannot be changed: %s", (...facts) => {
  const error = facts.includes("status")
    ? new HttpError(503, "no")
    : facts.includes("details")
      ? new SubscriptionError("FENCED", "no")
      : new DurableStreamsServerError("STORE_FULL", "no");
  expect(error).toBeInstanceOf(FreshetError);
  expect(Object.keys(error)).toEqual(expect.arrayContaining(facts));
  for (const fact of facts) {
    expect(Object.getOwnPropertyDescriptor(error, fact)).toMatchObject({ writable: false });
  }
});

test.each([
  ["STORE_FULL", true],
  ["STORE_UNAVAILABLE", true],
  ["STORE_CLOSED", false],
  ["STORE_VERSION", false],
  ["INVALID_OPTION", false],
  ["PEER_MISSING", false],
] as const)("an error with code %s is retryable: %s", (code, retryable) => {
  const cause = new Error("why");
  expect(new DurableStreamsServerError(code, "no", { cause })).toMatchObject({
    name: "DurableStreamsServerError",
    code,
    retryable,
    cause,
  });
});
