import { expect, test } from "vitest";
import { parseAreaOptions, UsageError, wholeNumber } from "../src/options.ts";

const options = {
  rounds: { type: "string", default: "9" },
  fast: { type: "boolean", default: false },
} as const;

test("an area takes its options, and their defaults", () => {
  expect(parseAreaOptions(options, ["--fast"])).toMatchObject({ rounds: "9", fast: true });
});

test.each([
  [["--slow"], /--slow/],
  [["extra"], /extra/],
  [["--rounds"], /--rounds/],
] as const)("the arguments %j of an area are refused in one sentence", (args, message) => {
  const parsing = () => parseAreaOptions(options, args);
  expect(parsing).toThrow(UsageError);
  expect(parsing).toThrow(message);
  expect(parsing).toThrow(/^[^\n]+\.$/);
});

test.each(["", "many", "-1", "1.5", "0", "1e3", "NaN"])(
  'the number "%s" of an option is refused with what is expected',
  (value) => {
    const message = `Invalid --rounds "${value}": expected a whole number from 1.`;
    expect(() => wholeNumber("rounds", value)).toThrow(new UsageError(message));
  },
);

test("a whole number of an option is converted", () => {
  expect(wholeNumber("rounds", "12")).toBe(12);
  expect(wholeNumber("warm-up", "0", 0)).toBe(0);
});
