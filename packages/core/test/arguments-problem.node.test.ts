import { parseArgs } from "node:util";
import { expect, test } from "vitest";
import { argumentsProblem } from "../src/index.ts";

const options = {
  value: { type: "string", short: "v" },
  switch: { type: "boolean", short: "s" },
} as const;

function problem(args: string[], allowPositionals: boolean): string {
  try {
    parseArgs({ args, options, allowPositionals });
  } catch (error) {
    return argumentsProblem(error);
  }
  throw new Error(`parseArgs takes ${args.join(" ")}.`);
}

test.each([
  [["--nope"], "Unknown option --nope."],
  [["-x"], "Unknown option -x."],
  [["--no-switch"], "Unknown option --no-switch."],
  [["--it's. To go"], "Unknown option --it's. To go."],
  [["--value"], "Option --value needs a value."],
  [["-v"], "Option --value needs a value."],
  [["--value", "--switch"], "Option --value needs a value."],
  [["--switch=yes"], "Option --switch takes no value."],
])("the arguments %j are refused in one sentence", (args, sentence) => {
  expect(problem(args, false)).toBe(sentence);
  expect(problem(args, true)).toBe(sentence);
});

test.each([
  ["extra", 'Unexpected argument "extra".'],
  ["it's. A\nline", 'Unexpected argument "it\'s. A\\nline".'],
])("the superfluous argument %j is refused in one sentence", (argument, sentence) => {
  expect(problem([argument], false)).toBe(sentence);
});

test("any other error keeps its message", () => {
  expect(argumentsProblem(new Error("FILE is missing."))).toBe("FILE is missing.");
  expect(argumentsProblem("no error")).toBe("no error");
});
