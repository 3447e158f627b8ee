import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** The processes of the demo run as built; a build that is up to date costs a second. */
export default function buildDemo(): void {
  const root = join(import.meta.dirname, "../../..");
  const config = join(root, "apps/demo/tsconfig.build.json");
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-b", config], { stdio: "inherit" });
}
