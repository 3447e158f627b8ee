import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { changesetProblems } from "../changesets/changeset-problems.js";
import { hasPublishedChanges } from "../changesets/published-changes.js";

describe("the rules", () => {
  const pkg = (name, more) => ({
    ...{ name, version: "0.3.0", dependencies: [], changed: false },
    ...more,
  });
  const changeset = (releases) => ({
    id: "quick-fox",
    releases: Object.entries(releases).map(([name, type]) => ({ name, type })),
  });

  test("a changed package needs a changeset, one of type none included", () => {
    const packages = [pkg("a", { changed: true }), pkg("b"), pkg("c", { changed: true })];
    expect(changesetProblems(packages, [changeset({ a: "patch" })])).toEqual([
      "c differs from its last release: add a changeset for it.",
    ]);
    expect(changesetProblems(packages, [changeset({ a: "patch", c: "none" })])).toEqual([]);
  });

  const core = pkg("core", { changed: true });
  const user = pkg("user", { dependencies: ["core"] });
  const needsMinor = [
    "A minor changeset breaks core 0.3.0, which user depends on: add a minor changeset for user.",
  ];

  test("before 1.0 a minor changeset of core needs a minor one of each package that depends on it", () => {
    const packages = [core, user, pkg("stranger")];
    expect(changesetProblems(packages, [changeset({ core: "minor" })])).toEqual(needsMinor);
    const patched = [changeset({ core: "minor" }), changeset({ user: "patch" })];
    expect(changesetProblems(packages, patched)).toEqual(needsMinor);
    for (const type of ["minor", "major"]) {
      const passedOn = [changeset({ core: "minor" }), changeset({ user: type })];
      expect(changesetProblems(packages, passedOn)).toEqual([]);
    }
  });

  test("the largest bump of several changesets counts", () => {
    const small = changeset({ core: "patch" });
    const large = changeset({ core: "minor" });
    expect(changesetProblems([core, user], [small, large])).toEqual(needsMinor);
    expect(changesetProblems([core, user], [large, small])).toEqual(needsMinor);
    expect(changesetProblems([core, user], [small])).toEqual([]);
  });

  test("from 1.0 on only a major changeset breaks", () => {
    const packages = [{ ...core, version: "1.2.0" }, user];
    expect(changesetProblems(packages, [changeset({ core: "minor" })])).toEqual([]);
    expect(changesetProblems(packages, [changeset({ core: "major" })])).toEqual([
      "A major changeset breaks core 1.2.0, which user depends on: add a minor changeset for user.",
    ]);
  });
});

describe("what differs from the last release", () => {
  let repository;
  const git = (...args) => {
    const author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    execFileSync("git", [...author, ...args], { cwd: repository, stdio: "pipe" });
  };
  const write = (path, content) =>
    writeFileSync(join(repository, "packages/a", path), String(content));
  const manifest = (fields) =>
    write("package.json", JSON.stringify({ name: "a", version: "0.1.0", ...fields }, null, 2));
  const commit = () => {
    git("add", "-A");
    git("commit", "--quiet", "--message", "change");
  };
  const differs = () => hasPublishedChanges(repository, "packages/a");

  beforeEach(() => {
    repository = mkdtempSync(join(tmpdir(), "changesets-"));
    mkdirSync(join(repository, "packages/a/src"), { recursive: true });
    git("init", "--quiet");
    manifest({ version: "0.0.0" });
    write("src/index.ts", 1);
    commit();
    manifest();
    commit();
  });
  afterEach(() => rmSync(repository, { recursive: true }));

  test("nothing differs right after a release, nor after changes that users do not see", () => {
    expect(differs()).toBe(false);
    manifest({ scripts: { build: "tsc" }, devDependencies: { b: "1" } });
    write("test.ts", 1);
    commit();
    expect(differs()).toBe(false);
  });

  test("a changed source differs, committed or not", () => {
    write("src/index.ts", 2);
    expect(differs()).toBe(true);
    commit();
    expect(differs()).toBe(true);
  });

  test("a new source and a changed dependency differ", () => {
    write("src/new.ts", 1);
    expect(differs()).toBe(true);
    rmSync(join(repository, "packages/a/src/new.ts"));
    manifest({ dependencies: { b: "2" } });
    expect(differs()).toBe(true);
  });

  test("a package that was never released differs", () => {
    manifest({ version: "0.0.0" });
    expect(differs()).toBe(true);
  });

  test("a version that is not committed yet is a release in progress", () => {
    write("src/index.ts", 2);
    commit();
    manifest({ version: "0.2.0" });
    expect(differs()).toBe(false);
    commit();
    expect(differs()).toBe(false);
  });

  test("a shallow clone is told how to become whole", () => {
    const whole = repository;
    repository = mkdtempSync(join(tmpdir(), "changesets-"));
    git("clone", "--quiet", "--depth", "1", `file://${whole}`, ".");
    expect(differs).toThrow("git fetch --unshallow");
    rmSync(whole, { recursive: true });
  });
});
