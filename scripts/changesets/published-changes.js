import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether what a package publishes (its sources, and what its manifest says to users) differs from its
 * last release: the last commit that changed its version. Version 0.0.0 was never released.
 *
 * @param {string} repository
 * @param {string} folder of the package, relative to the repository
 */
export function hasPublishedChanges(repository, folder) {
  const git = (...args) => execFileSync("git", args, { cwd: repository, encoding: "utf8" }).trim();
  const path = `${folder}/package.json`;
  const manifest = JSON.parse(readFileSync(join(repository, path), "utf8"));
  if (manifest.version === "0.0.0") return true;
  if (git("rev-parse", "--is-shallow-repository") === "true") {
    throw new Error(
      `The last release of ${manifest.name} is not in this shallow clone: run git fetch --unshallow.`,
    );
  }
  const release = git("log", "-1", "--format=%H", "-G", '^ *"version":', "--", path);
  const released = JSON.parse(git("show", `${release}:${path}`));
  if (released.version !== manifest.version) return false; // It is being released right now.
  const source = `${folder}/src`;
  return (
    git("diff", "--name-only", release, "--", source) !== "" ||
    git("ls-files", "--others", "--exclude-standard", "--", source) !== "" ||
    publicPart(released) !== publicPart(manifest)
  );
}

function publicPart(manifest) {
  return JSON.stringify({ ...manifest, scripts: undefined, devDependencies: undefined });
}
