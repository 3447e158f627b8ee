import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Builds what the examples, the commands and the packed packages are tested with; an up-to-date build costs a second. */
export default function buildPackages(): void {
  const root = join(import.meta.dirname, "../../..");
  const configs = ["conformance", "demo", "bench"].map((app) =>
    join(root, "apps", app, "tsconfig.build.json"),
  );
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-b", ...configs], { stdio: "inherit" });
}
