import { expect, test } from "vitest";
import {
  parseAreaNames,
  parseAreaOptions,
  UsageError,
  wholeNumber,
  writesReport,
} from "../src/options.ts";

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

test("every area takes --write, which alone writes its report to docs/benchmarks", () => {
  expect(parseAreaOptions(options, ["--write"])).toMatchObject({ write: true });
  expect(parseAreaNames(["memory", "--write", "sse"])).toEqual(["memory", "sse"]);
  expect(writesReport(["node", "main.js", "sse", "--write"])).toBe(true);
  expect(writesReport(["node", "main.js", "sse"])).toBe(false);
});

test("the names of an area are no way around its options", () => {
  expect(() => parseAreaNames(["memory", "--slow"])).toThrow(
    new UsageError("Unknown option --slow."),
  );
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
