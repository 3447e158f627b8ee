import { describe, expect, test } from "vitest";
import {
  aBoolean,
  aFunction,
  anAbortSignal,
  anObject,
  checkOptions,
  httpUrl,
  nonEmptyString,
  numberBetween,
  oneOf,
  type OptionRule,
  secret,
  timeLimit,
  wholeNumber,
  wholeNumberOrInfinity,
} from "../src/index.ts";

class OptionError extends Error {}
const check = (value: unknown, rule: OptionRule) =>
  checkOptions({ name: value }, { name: rule }, (message) => new OptionError(message));

describe.each<[string, OptionRule, good: unknown[], bad: unknown[]]>([
  ["wholeNumber", wholeNumber(1), [1, 7, 2 ** 53 - 1], [0, 1.5, Number.NaN, Infinity, "1", null]],
  ["wholeNumber to 3", wholeNumber(0, 3), [0, 3], [4, -1]],
  ["wholeNumberOrInfinity", wholeNumberOrInfinity(0), [0, Infinity], [-1, Number.NaN, -Infinity]],
  ["numberBetween", numberBetween(0, 1), [0, 0.5, 1], [-0.1, 1.1, Number.NaN, "0"]],
  ["timeLimit", timeLimit, [1, 0.5, Infinity, 2 ** 40], [0, -1, Number.NaN, "5", null]],
  ["oneOf", oneOf("done", "closed", true), ["done", true], ["don", "", false, null]],
  ["httpUrl", httpUrl, ["https://a.example/b", new URL("http://a")], ["a", "ftp://a", "", 7, null]],
  ["aFunction", aFunction, [() => undefined], ["f", {}, null]],
  ["aBoolean", aBoolean, [true, false], [0, "true", null]],
  ["anObject", anObject, [{}, []], [7, "x", null]],
  ["nonEmptyString", nonEmptyString, ["a"], ["", 7, null]],
  ["anAbortSignal", anAbortSignal, [AbortSignal.abort()], [{}, 7, null]],
])("%s", (_, rule, good, bad) => {
  test("accepts what is good, and undefined", () => {
    for (const value of [...good, undefined]) expect(() => check(value, rule)).not.toThrow();
  });

  test("refuses anything else by name, with what is expected", () => {
    for (const value of bad) {
      expect(() => check(value, rule)).toThrow(OptionError);
      expect(() => check(value, rule)).toThrow(/^name is .*: expected .*\.$/);
    }
  });
});

test("the message shows the value, short", () => {
  expect(() => check("don", oneOf("done", "closed"))).toThrow(
    'name is "don": expected "done" or "closed".',
  );
  expect(() => check("x".repeat(200), timeLimit)).toThrow(`is "${"x".repeat(100)}": expected`);
});

test("a secret never shows", () => {
  expect(() => check("hush", secret(aFunction))).toThrow("name is not valid: expected a function.");
});

test("options that are no object are refused", () => {
  const fail = (message: string) => new OptionError(message);
  expect(() => checkOptions<object>(null as never, {}, fail)).toThrow("options is null");
  expect(() => checkOptions<object>(7 as never, {}, fail, "retry.")).toThrow("retry is 7");
});
