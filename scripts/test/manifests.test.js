import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const packages = join(import.meta.dirname, "../../packages");
const manifests = readdirSync(packages)
  .map((name) => [name, JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"))])
  .filter(([, manifest]) => !manifest.private);
const url = "https://github.com/freshet/freshet";

test.each(manifests)("the manifest of %s says where it comes from and what it is", (name, one) => {
  expect(one).toMatchObject({
    name: `@freshet/${name}`,
    description: expect.stringMatching(/^\p{Lu}.+\.$/u),
    license: "MIT",
    author: "Freshet contributors",
    homepage: `${url}/tree/main/packages/${name}#readme`,
    bugs: `${url}/issues`,
    repository: { type: "git", url: `git+${url}.git`, directory: `packages/${name}` },
  });
  expect(one.keywords).toEqual(expect.arrayContaining(["streaming"]));
  expect(new Set(one.keywords).size).toBe(one.keywords.length);
});

// docs/decisions/023-bedrock-weight.md has the rule about source maps.
test.each(manifests)(
  "%s publishes its sources and declaration maps, as all packages do",
  (name, one) => {
    expect(one.files).toEqual(["dist", "src", "!dist/**/*.tsbuildinfo", "!dist/**/*.js.map"]);
    const config = readFileSync(join(packages, name, "tsconfig.build.json"), "utf8");
    expect(config).not.toMatch(/sourceMap|declarationMap/i);
  },
);

test("the build of all packages writes declaration maps and no other source maps", () => {
  const base = readFileSync(join(packages, "../tsconfig.build.base.json"), "utf8");
  const { declarationMap, sourceMap } = JSON.parse(base).compilerOptions;
  expect([declarationMap, sourceMap]).toEqual([true, undefined]);
});

// What runs a script on Windows knows neither `NAME=value command` nor POSIX tools.
const posixOnly = /(^|&&\s*)[A-Z_]+=\S|\b(rm|cp|mv|mkdir|chmod|sed|grep|cat)\s|\$\(|\$[A-Z{]|'/;
const all = ["package.json", ...folders("packages"), ...folders("apps")];

test.each(all)("the scripts of %s run on Windows too", (file) => {
  const { scripts } = JSON.parse(readFileSync(join(packages, "..", file), "utf8"));
  const bad = Object.entries(scripts).filter(([, script]) =>
    posixOnly.test(script.replace(/node -e \\?".*?\\?"(?= |$)/, "node")),
  );
  expect(bad).toEqual([]);
});

function folders(parent) {
  const names = readdirSync(join(packages, "..", parent));
  return names.map((name) => `${parent}/${name}/package.json`);
}

// Node's own modules in an entry that other runtimes load; the variants for Node have their own files.
test("the conformance kit for stores imports nothing of Node", () => {
  const folder = join(packages, "durable-streams-server/src/testing");
  const imports = readdirSync(folder).filter((file) =>
    /^import .*"node:/m.test(readFileSync(join(folder, file), "utf8")),
  );
  expect(imports).toEqual([]);
});
