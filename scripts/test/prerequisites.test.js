import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { aptInstall } from "../prerequisites/apt.js";
import {
  installMissing,
  missingPrerequisites,
  missingReport,
  prerequisites,
  testsThatNeed,
} from "../prerequisites/index.js";

const repository = join(import.meta.dirname, "../..");
const run = promisify(execFile);
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A prerequisite whose installation does `install`. */
function prerequisite(install = () => undefined) {
  const one = { name: "Thing", variable: "THING_PATH", command: "get thing", found: undefined };
  return { ...one, usedBy: /"thing"/, find: () => one.found, install: () => install(one) };
}

test("nothing that the tests run contains a sudo", () => {
  const scripts = readdirSync(join(repository, "scripts"), { recursive: true })
    .map((file) => `scripts/${String(file)}`)
    .filter((file) => file.endsWith(".js") && !file.includes("/test/"));
  const files = [...scripts, ".ci/run", "package.json"];
  expect(files).toContain("scripts/prerequisites/chromium.js");
  const code = (file) =>
    readFileSync(join(repository, file), "utf8").replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  expect(files.filter((file) => /\bsudo\b/.test(code(file)))).toEqual([]);
});

test("apt-get runs only as root", () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.stubEnv("PATH", "/nowhere");
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  aptInstall(["thing"]);
  expect(console.log).not.toHaveBeenCalled();
  process.getuid.mockReturnValue(0);
  expect(() => aptInstall(["thing"])).toThrow("apt-get");
});

test("what is missing is installed, and its variable names it to the tests", () => {
  const one = prerequisite((thing) => (thing.found = "/opt/thing"));
  expect(missingPrerequisites([one])).toEqual([one]);
  installMissing([one]);
  vi.stubEnv("THING_PATH", undefined);
  expect(missingPrerequisites([one])).toEqual([]);
  expect(process.env.THING_PATH).toBe("/opt/thing");
});

test("a variable that names a wrong place is not overruled by an installation", () => {
  const install = vi.fn();
  vi.stubEnv("THING_PATH", "/wrong");
  installMissing([prerequisite(install)]);
  expect(install).not.toHaveBeenCalled();
});

test("an installation that fails leaves it missing, and the run goes on", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const one = prerequisite(() => {
    throw new Error("no network");
  });
  installMissing([one]);
  expect(console.error).toHaveBeenCalledWith("Thing could not be installed: no network");
  expect(missingPrerequisites([one])).toEqual([one]);
});

test("the report has a command and the test files that did not run for each", () => {
  const folder = mkdtempSync(join(tmpdir(), "prerequisites-"));
  for (const test of ["packages/a/test/deep", "apps"]) {
    mkdirSync(join(folder, test), { recursive: true });
  }
  const write = (name, text) => writeFileSync(join(folder, "packages/a/test", name), text);
  write("deep/b.node.test.ts", 'import "thing";');
  write("c.test.ts", 'import "other";');
  write("support.ts", 'import "thing";');
  expect(missingReport(folder, [prerequisite()])).toBe(
    "These tests did not run, because something is not installed:\n" +
      "  Thing: get thing\n    not run: packages/a/test/deep/b.node.test.ts\n",
  );
  expect(missingReport(folder, [])).toBe("");
  rmSync(folder, { recursive: true });
});

test.each(prerequisites.filter(({ usedBy }) => usedBy))(
  "the tests that need $name are found by their imports",
  ({ usedBy }) => expect(testsThatNeed(repository, usedBy).length).toBeGreaterThan(3),
);

const withoutChromium = { ...process.env, CHROMIUM_PATH: "/nowhere/chromium", VITEST: undefined };
const runTests = ["scripts/run-tests.js", "--project", "repository", "decisions"];

test("without Chromium the other tests run and pass, and the last lines say what did not", async () => {
  const env = { ...withoutChromium, FRESHET_REQUIRE_ALL: undefined };
  const { stdout } = await run(process.execPath, runTests, { cwd: repository, env });
  expect(stdout).toMatch(/Tests .*passed/);
  const [, last] = stdout.split("These tests did not run");
  expect(last).toMatch(/^.*\n {2}Chromium: apt-get install chromium, or npx .*\n {4}not run: /);
  expect(last).toContain("not run: packages/agent-sse/test/event-source.node.test.ts\n");
}, 60_000);

test("without Chromium FRESHET_REQUIRE_ALL=1 fails before any test", async () => {
  const env = { ...withoutChromium, FRESHET_REQUIRE_ALL: "1" };
  const running = run(process.execPath, runTests, { cwd: repository, env });
  await expect(running).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/Chromium: apt-get .*\nFRESHET_REQUIRE_ALL=1 requires all/s),
  });
});
