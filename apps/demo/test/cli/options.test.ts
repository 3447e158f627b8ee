import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type DemoOptions, parseOptions, UsageError } from "../../src/cli/options.ts";

test("without arguments there are defaults, and a seed that differs from run to run", () => {
  const options = parseOptions([], {}) as DemoOptions;
  expect(options).toMatchObject({
    cuts: 5,
    pace: 60,
    once: false,
    json: false,
    region: "us-east-1",
  });
  expect(options.prompt).not.toBe("");
  const seeds = new Set([1, 2, 3, 4].map(() => (parseOptions([], {}) as DemoOptions).seed));
  expect(seeds.size).toBeGreaterThan(1);
});

test("what is given is taken", () => {
  const file = fileURLToPath(import.meta.url);
  const args = [
    "--cuts",
    "20",
    "--seed",
    "3",
    "--once",
    "--json",
    "--prompt",
    "Hi",
    "--replay",
    file,
  ];
  expect(parseOptions([...args, "--streams-url", "http://127.0.0.1:4437"], {})).toMatchObject({
    cuts: 20,
    seed: 3,
    once: true,
    json: true,
    prompt: "Hi",
    replay: file,
    streamsUrl: "http://127.0.0.1:4437",
  });
});

test("--help asks for help", () => {
  expect(parseOptions(["--help"], {})).toBe("help");
});

test.each([
  [["--fast"], /--fast/],
  [["extra"], /extra/],
  [["--cuts", "many"], /--cuts takes a whole number.*"many"/],
  [["--cuts", "-1"], /--cuts/],
  [["--seed", "4294967296"], /--seed/],
  [["--replay", "no/such/file.bin"], /cannot read no\/such\/file\.bin \(ENOENT\)/],
  [["--replay", "."], /is not a file/],
  [["--streams-url", "ftp://x"], /--streams-url/],
  [["--model", "m"], /AWS_BEARER_TOKEN_BEDROCK/],
])("%j is refused in one line", (args, message) => {
  const parsing = () => parseOptions(args, {});
  expect(parsing).toThrow(UsageError);
  expect(parsing).toThrow(message);
  expect(parsing).toThrow(/^[^\n]+$/);
});

test.each([
  { AWS_BEARER_TOKEN_BEDROCK: "key" },
  { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" },
])("--model is taken with credentials", (env) => {
  expect(parseOptions(["--model", "m"], env)).toMatchObject({ model: "m" });
});
