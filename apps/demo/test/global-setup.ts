import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const demo = join(root, "apps/demo");

/** The processes of the demo run as built, and so does its page; a build that is up to date costs a second. */
export default function buildDemo(): void {
  const config = join(demo, "tsconfig.build.json");
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-b", config], { stdio: "inherit" });
  if (isPageOld()) {
    const vite = join(demo, "node_modules/.bin/vite");
    // Vitest's own NODE_ENV would make it React's development build.
    const env = { ...process.env, NODE_ENV: "production" };
    execFileSync(vite, ["build", "--logLevel", "warn"], { cwd: demo, env, stdio: "inherit" });
  }
}

/** Vite builds from what `tsc` has built of the packages, so both count. */
function isPageOld(): boolean {
  const built = join(demo, "dist/page/index.html");
  if (!existsSync(built)) return true;
  const { mtimeMs } = statSync(built);
  const packages = ["core", "eventstream-codec", "bedrock-adapter", "agent-sse"];
  const sources = [
    join(demo, "page"),
    ...packages.map((name) => join(root, "packages", name, "dist")),
  ];
  return sources.some((folder) =>
    readdirSync(folder, { recursive: true }).some(
      (file) => statSync(join(folder, String(file))).mtimeMs > mtimeMs,
    ),
  );
}
