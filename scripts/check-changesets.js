// Fails when a package that changed has no changeset, or a breaking change is not passed on to those
// who depend on it. CONTRIBUTING.md has the rules.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import readChangesets from "@changesets/read";
import { changesetProblems } from "./changesets/changeset-problems.js";
import { hasPublishedChanges } from "./changesets/published-changes.js";

const repository = join(import.meta.dirname, "..");
const packages = readdirSync(join(repository, "packages"))
  .map((name) => `packages/${name}`)
  .flatMap(readPublished);
const problems = changesetProblems(packages, await readChangesets(repository));
for (const problem of problems) console.error(problem);
if (problems.length > 0) console.error("`pnpm changeset` asks for what is needed and writes it.");
process.exitCode = problems.length > 0 ? 1 : 0;

function readPublished(folder) {
  const manifest = JSON.parse(readFileSync(join(repository, folder, "package.json"), "utf8"));
  if (manifest.private) return [];
  const { name, version, dependencies, peerDependencies } = manifest;
  const depended = Object.keys({ ...dependencies, ...peerDependencies });
  const changed = hasPublishedChanges(repository, folder);
  return [{ name, version, dependencies: depended, changed }];
}
