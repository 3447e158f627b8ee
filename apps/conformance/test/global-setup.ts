import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Builds what the examples and the packed packages are tested with; an up-to-date build costs a second. */
export default function buildPackages(): void {
  const root = join(import.meta.dirname, "../../..");
  const config = join(root, "apps/conformance/tsconfig.build.json");
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-b", config], { stdio: "inherit" });
}
