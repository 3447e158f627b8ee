// Runs every test, and before that installs what they need as far as that takes no sudo. What is missing
// all the same is listed last, and its tests do not run; with FRESHET_REQUIRE_ALL=1 it fails the run.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { installMissing, missingPrerequisites, missingReport } from "./prerequisites/index.js";

const repository = join(import.meta.dirname, "..");
installMissing();
const missing = missingPrerequisites();
const report = missingReport(repository, missing);
if (missing.length > 0 && process.env.FRESHET_REQUIRE_ALL === "1") {
  console.error(`${report}FRESHET_REQUIRE_ALL=1 requires all of them.`);
  process.exit(1);
}
const vitest = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
const args = [join(vitest, "vitest.mjs"), "run", ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: repository, stdio: "inherit" });
if (report) console.log(`\n${report}`);
process.exitCode = status ?? 1;
