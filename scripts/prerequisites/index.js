import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { chromium } from "./chromium.js";
import { postgres } from "./postgres.js";
import { runtimes } from "./runtimes.js";

/** What tests need beside Node and the npm packages that they import. */
export const prerequisites = [chromium, postgres, ...runtimes];

/**
 * Finds each prerequisite and sets its variable for the tests.
 *
 * @returns {typeof prerequisites} those that are missing
 */
export function missingPrerequisites(all = prerequisites) {
  return all.filter((one) => {
    const found = one.find();
    if (found) process.env[one.variable] = found;
    return !found;
  });
}

/** Installs what is missing, if it can without sudo, unless its variable names another place. */
export function installMissing(all = prerequisites) {
  for (const one of missingPrerequisites(all)) {
    if (process.env[one.variable]) continue;
    try {
      one.install();
    } catch (error) {
      console.error(`${one.name} could not be installed: ${error.message}`);
    }
  }
}

/**
 * The test files that need a prerequisite, by what they import.
 *
 * @param {string} repository
 * @param {RegExp | undefined} usedBy
 * @returns {string[]} paths below the repository, with slashes
 */
export function testsThatNeed(repository, usedBy) {
  if (!usedBy) return [];
  const folders = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(repository, parent)).map((name) => join(repository, parent, name, "test")),
  );
  return folders
    .flatMap(filesIn)
    .filter((file) => /\.test\.tsx?$/.test(file) && usedBy.test(readFileSync(file, "utf8")))
    .map((file) => relative(repository, file).replaceAll(sep, "/"))
    .sort();
}

function filesIn(folder) {
  try {
    return readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file)));
  } catch {
    return []; // A package without tests.
  }
}

/**
 * The last lines of a run of tests: what did not run, and the command that installs what is missing.
 *
 * @param {string} repository
 * @param {typeof prerequisites} missing
 * @returns {string}
 */
export function missingReport(repository, missing) {
  if (missing.length === 0) return "";
  const lines = missing.flatMap((one) => {
    const files = testsThatNeed(repository, one.usedBy);
    if (one === chromium) files.unshift('every project "… in browsers"');
    if (runtimes.includes(one)) files.push(`its column of the runtime matrix`);
    return [`  ${one.name}: ${one.command}`, ...files.map((file) => `    not run: ${file}`)];
  });
  return ["These tests did not run, because something is not installed:", ...lines, ""].join("\n");
}
