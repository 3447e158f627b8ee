import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packAll, publishedPackages } from "./support/packed.ts";
import { extractExamples, repository } from "./support/readme-examples.ts";

// Tests what a user gets: every package is packed and installed by npm into an empty folder, with only
// the Freshet packages that it depends on.
const run = promisify(execFile);
const packages = await publishedPackages();
/** Packages that run on Node alone. */
const notForBrowsers = new Set(["durable-streams-server"]);
/** Where our types must compile: `lib` and `types` of a consumer's tsconfig.json. */
const platforms = [
  { name: "browsers", lib: ["es2022", "dom"], types: [] },
  { name: "Node", lib: ["es2022"], types: ["node"] },
  { name: "Workers", lib: ["es2022"], types: ["@cloudflare/workers-types"] },
];
const platformTypes = ["@types/node@^20.19", "@cloudflare/workers-types@^5.20261117.1"];

interface Manifest {
  name: string;
  exports: Record<string, unknown>;
  peerDependencies?: Record<string, string>;
}

let place = "";
let tarball: (name: string) => string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "freshet-packed-"));
  tarball = await packAll(packages, place);
}, 300_000);

afterAll(() => rm(place, { recursive: true, force: true }));

describe.each(packages)("%s", (name) => {
  const folder = () => join(place, name);
  let manifest: Manifest;
  let entries: string[] = [];

  beforeAll(async () => {
    await mkdir(folder());
    const file = (other: string) => `file:${tarball(other)}`;
    const ours = Object.fromEntries(packages.map((other) => [`@freshet/${other}`, file(other)]));
    const dependencies = { [`@freshet/${name}`]: file(name) };
    const overrides = { ...ours, [`@freshet/${name}`]: file(name) };
    await writeFile(
      join(folder(), "package.json"),
      JSON.stringify({ private: true, type: "module", dependencies, overrides }),
    );
    await run("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder() });
    const installed = join(folder(), "node_modules/@freshet", name, "package.json");
    manifest = JSON.parse(await readFile(installed, "utf8")) as Manifest;
    entries = Object.keys(manifest.exports)
      .filter((entry) => entry !== "./package.json")
      .map((entry) => manifest.name + entry.slice(1));
  }, 300_000);

  test("the tarball contains nothing of the workspace", async () => {
    const { stdout } = await run("tar", ["-xzOf", tarball(name), "package/package.json"]);
    expect(stdout).not.toMatch(/workspace:|catalog:|@freshet\/source/);
    const { stdout: list } = await run("tar", ["-tzf", tarball(name)]);
    expect(list).toContain("package/LICENSE\n");
    expect(list).toContain("package/README.md\n");
    expect(list).toContain("package/dist/index.d.ts\n");
    expect(list).not.toMatch(/tsbuildinfo|\.tgz|\/test\/|\.js\.map/);
    const declarations = list.match(/dist\/.*\.d\.ts(?=\n)/g) ?? [];
    expect(declarations.filter((file) => !list.includes(`${file}.map\n`))).toEqual([]);
  });

  test("the main entry loads without the optional peers, by import and by require", async () => {
    await load(folder(), [manifest.name]);
  });

  test("the first example of the README runs with what the lines above it install", async () => {
    const { install, code, output } = await firstExample(name);
    const others = install.filter((one) => one !== manifest.name);
    expect(install.length - others.length).toBe(1);
    if (others.length > 0) await run("npm", ["install", ...others], { cwd: folder() });
    await writeFile(join(folder(), "example.js"), (await transform(code, { loader: "ts" })).code);
    const options = { cwd: folder(), timeout: 60_000 };
    const { stdout } = await run(process.execPath, ["example.js"], options);
    expect(stdout).toBe(output);
  }, 300_000);

  test("with the peers every entry loads, and compiles with skipLibCheck off", async () => {
    const peers = Object.entries(manifest.peerDependencies ?? {});
    const types = entries.some((entry) => entry.endsWith("/react")) ? ["@types/react"] : [];
    const wanted = [...peers.map(([peer, range]) => `${peer}@${range}`), ...types];
    await run("npm", ["install", ...wanted, ...platformTypes], { cwd: folder() });
    await load(folder(), entries);
    for (const [module, moduleResolution] of [
      ["nodenext", "nodenext"],
      ["esnext", "bundler"],
    ] as const) {
      for (const { name: platform, lib, types } of platforms) {
        if (platform !== "Node" && notForBrowsers.has(name)) continue;
        await compile(folder(), entries, { module, moduleResolution, lib, types });
      }
    }
  }, 300_000);

  if (notForBrowsers.has(name)) return;

  test("the main entry bundles for the browser", async () => {
    const result = await build({
      stdin: { contents: `export * from "${manifest.name}";`, resolveDir: folder() },
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      logLevel: "silent",
    });
    expect(result.warnings).toEqual([]);
    expect(result.outputFiles[0]?.text).not.toMatch(/from "node:|require\("node:/);
  });
});

/** The packages that the first block of commands in a README installs, and the example after it. */
async function firstExample(
  name: string,
): Promise<{ install: string[]; code: string; output: string | undefined }> {
  const path = `packages/${name}/README.md`;
  const markdown = await readFile(join(repository, path), "utf8");
  const commands = /^```sh\n([^]*?)^```$/m.exec(markdown)?.[1] ?? "";
  const install = commands
    .split("\n")
    .filter((line) => line.startsWith("npm install "))
    .flatMap((line) => line.replace(/ #.*/, "").split(" ").slice(2))
    .filter((word) => !word.startsWith("-"));
  const [example] = extractExamples(path, markdown);
  if (!example?.run) throw new Error(`The first example of ${path} is not one that runs.`);
  return { install, ...example };
}

async function load(cwd: string, entries: readonly string[]): Promise<void> {
  const importAll = entries.map((entry) => `await import(${JSON.stringify(entry)});`).join("\n");
  await run(process.execPath, ["--input-type=module", "-e", importAll], { cwd });
  const requireAll = entries.map((entry) => `require(${JSON.stringify(entry)});`).join("\n");
  // Node 20 prints a warning that require() of an ES module is experimental.
  await run(process.execPath, ["--input-type=commonjs", "-e", requireAll], { cwd });
}

async function compile(
  cwd: string,
  entries: readonly string[],
  options: { module: string; moduleResolution: string; lib: string[]; types: string[] },
): Promise<void> {
  const source = entries.map((entry, n) => `export * as e${n} from "${entry}";`).join("\n");
  await writeFile(join(cwd, "consumer.ts"), source);
  const compilerOptions = {
    ...options,
    target: "es2022",
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  await writeFile(
    join(cwd, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
  );
  const compiled = await run(join(repository, "node_modules/.bin/tsc"), ["-p", cwd]).catch(
    (error: unknown) => error as { stdout: string },
  );
  // A peer's types may need more than a consumer has (the AI SDK's need Node's); ours may not.
  const errors = compiled.stdout.split("\n").filter((line) => line.includes("error TS"));
  expect(errors.filter((line) => !/node_modules\/(?!@freshet\/)/.test(line))).toEqual([]);
}
