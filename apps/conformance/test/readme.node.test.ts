import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import {
  type Example,
  extractExamples,
  readExamples,
  repository,
} from "./support/readme-examples.ts";

// Compiles every example of every README against the built packages, as a user's code, and runs those
// that are marked.
const run = promisify(execFile);
const folder = join(repository, "apps/conformance/dist/examples");
const examples = await readExamples();
let diagnostics = "";

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const example of examples) {
    // Leading blank lines make the compiler's line numbers those of the README.
    const text = "\n".repeat(example.line - 1) + example.code;
    await writeFile(join(folder, `${nameOf(example)}.${example.extension}`), text);
  }
  const compilerOptions = {
    customConditions: [],
    noUnusedLocals: false,
    noUnusedParameters: false,
    allowImportingTsExtensions: false,
    types: ["node"],
    jsx: "react-jsx",
    rootDir: ".",
    outDir: ".",
  };
  // The output is next to the examples, and the compiler excludes its output folder by default.
  const files = { include: ["*"], exclude: [] };
  const config = { extends: "../../../../tsconfig.base.json", compilerOptions, ...files };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  diagnostics = await tsc("-p", join(folder, "tsconfig.json")).catch(
    (error: unknown) => (error as { stdout: string }).stdout,
  );
}, 300_000);

test.each(groupByReadme())("the examples of %s compile", (_readme, own) => {
  const names = own.map(nameOf);
  const errors = diagnostics
    .split("\n")
    .filter((line) => names.some((name) => line.includes(`${name}.ts`)));
  expect(errors).toEqual([]);
});

test("the compiler reports no error outside the examples", () => {
  const names = examples.map(nameOf);
  const isOurs = (line: string) => names.some((name) => line.includes(`${name}.ts`));
  expect(
    diagnostics.split("\n").filter((line) => line.includes("error TS") && !isOurs(line)),
  ).toEqual([]);
});

test.each(examples.filter((example) => example.run).map((one) => [nameOf(one), one] as const))(
  "the example %s runs and prints its output",
  async (name, example) => {
    const { stdout } = await run(process.execPath, [join(folder, `${name}.js`)], {
      timeout: 60_000,
    });
    if (example.output !== undefined) expect(stdout).toBe(example.output);
  },
  90_000,
);

test("an example is extracted with its line, its marker and its output", () => {
  const markdown = "a\n\n<!-- run -->\n\n```ts\nx();\n```\n\n```text\n1\n```\n\n```ts\ny();\n```\n";
  expect(extractExamples("R.md", markdown)).toEqual([
    { readme: "R.md", line: 6, extension: "ts", code: "x();\n", run: true, output: "1\n" },
    { readme: "R.md", line: 14, extension: "ts", code: "y();\n", run: false, output: undefined },
  ]);
});

function nameOf({ readme, line }: Example): string {
  return `${readme.replaceAll("/", "-").replace(".md", "")}-line-${line}`;
}

function groupByReadme(): [string, Example[]][] {
  const readmes = [...new Set(examples.map(({ readme }) => readme))];
  return readmes.map((readme) => [readme, examples.filter((one) => one.readme === readme)]);
}

async function tsc(...args: string[]): Promise<string> {
  const { stdout } = await run(join(repository, "node_modules/.bin/tsc"), args);
  return stdout;
}
