import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type DemoOptions, parseOptions } from "../../src/cli/options.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

test("without arguments the demo's options have defaults, and a random seed", () => {
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

test("the demo takes the options of its command line", () => {
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

test("--help, -h and --version do not run the demo", () => {
  expect(parseOptions(["--help"], {})).toBe("help");
  expect(parseOptions(["-h"], {})).toBe("help");
  expect(parseOptions(["--version"], {})).toBe("version");
});

test.each([
  [["--fast"], /--fast/],
  [["extra"], /extra/],
  [["--cuts", "many"], /--cuts "many": expected a whole number/],
  [["--cuts", "-1"], /--cuts/],
  [["--seed", "4294967296"], /--seed/],
  [["--cuts"], /--cuts/],
  [["--once=yes"], /--once/],
  [["--pace", "0"], /--pace "0"/],
  [["--server", "mine"], /--server "mine": expected freshet or reference/],
  [["--no-run", "--json"], /--no-run/],
  [["--replay", "no/such/file.bin"], /cannot read no\/such\/file\.bin \(ENOENT\)/],
  [["--replay", "."], /is not a file/],
  [["--streams-url", "ftp://x"], /--streams-url/],
  [
    ["--replay", import.meta.filename, "--bedrock-url", "http://127.0.0.1:1"],
    /--replay and --bedrock-url/,
  ],
  [["--model", "m"], /AWS_BEARER_TOKEN_BEDROCK/],
])("the command line %j is refused in one sentence", (args, message) => {
  const parsing = () => parseOptions(args, {});
  expect(parsing).toThrow(UsageError);
  expect(parsing).toThrow(message);
  expect(parsing).toThrow(/^[^\n]+\.$/);
});

test.each([
  { AWS_BEARER_TOKEN_BEDROCK: "key" },
  { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" },
])("--model is accepted with credentials in the environment", (env) => {
  expect(parseOptions(["--model", "m"], env)).toMatchObject({ model: "m" });
});
