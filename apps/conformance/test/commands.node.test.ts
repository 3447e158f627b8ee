import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repository } from "./support/readme-examples.ts";
import { publishedPackages } from "./support/packed.ts";

// Every command of the repository, as built.
interface Command {
  name: string;
  file: string;
  /** What precedes the options. */
  args?: string[];
  /** An option that needs a value, and one that takes none. */
  value?: string;
  flag: string;
}

const commands: Command[] = [
  { name: "demo", file: "apps/demo/dist/main.js", value: "--cuts", flag: "--once" },
  {
    name: "bench",
    file: "apps/bench/dist/main.js",
    args: ["bedrock"],
    value: "--tokens",
    flag: "--no-weight",
  },
  { name: "bench", file: "apps/bench/dist/main.js", args: ["codec"], flag: "--write" },
  {
    name: "durable-streams",
    file: "packages/durable-streams-server/dist/cli/main.js",
    args: ["serve"],
    ...{ value: "--port", flag: "--memory" },
  },
  {
    name: "durable-streams",
    file: "packages/durable-streams-server/dist/cli/main.js",
    args: ["inspect"],
    ...{ value: "--offset", flag: "--json" },
  },
  {
    name: "eventstream",
    file: "packages/eventstream-codec/dist/cli/bin.js",
    args: ["inspect"],
    flag: "--json",
  },
  {
    name: "bedrock-events",
    file: "packages/bedrock-adapter/dist/cli/bin.js",
    ...{ value: "--model", flag: "--json" },
  },
];

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function runCommand({ file, args = [] }: Command, ...more: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const all = [join(repository, file), ...args, ...more];
    execFile(process.execPath, all, { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const titles = commands.map((one) => [[one.name, ...(one.args ?? [])].join(" "), one] as const);

describe.concurrent.each(titles)(
  "the command %s refuses in one sentence, with exit code 2,",
  (_, command) => {
    const { value, flag } = command;
    const wrong: [string, string[], string][] = [
      ["an unknown option", ["--nope"], "Unknown option --nope."],
      ["a value of a switch", [`${flag}=yes`], `Option ${flag} takes no value.`],
    ];
    if (value !== undefined) {
      wrong.push(["a missing value", [value], `Option ${value} needs a value.`]);
      wrong.push(["an option for a value", [value, flag], `Option ${value} needs a value.`]);
    }
    test.each(wrong)("%s", async (_title, args, sentence) => {
      const { code, stdout, stderr } = await runCommand(command, ...args);
      expect(stdout).toBe("");
      const [first, ...hint] = stderr.trimEnd().split("\n");
      expect(first?.replace(/^[\w-]+: | \(.*--help.*\)$/g, "")).toBe(sentence);
      expect(hint.filter((line) => !line.includes("--help"))).toEqual([]);
      expect(code).toBe(2);
    });
  },
);

test("every command that a package installs is in this table", async () => {
  const files = commands.map(({ file }) => file);
  for (const name of await publishedPackages()) {
    const path = `packages/${name}`;
    const manifest = await readFile(join(repository, path, "package.json"), "utf8");
    const { bin = {} } = JSON.parse(manifest) as { bin?: Record<string, string> };
    for (const file of Object.values(bin)) expect(files).toContain(join(path, file));
  }
});
