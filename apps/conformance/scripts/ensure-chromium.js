// Browser tests run in a real Chromium, which no npm package brings along. This installs Debian's when
// it is missing, and says so; where it cannot, it fails and says what to do. Nothing is ever skipped.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const path = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

if (!existsSync(path)) {
  console.log(`The browser tests need Chromium, and there is none at ${path}.`);
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  try {
    for (const args of [
      ["apt-get", "update", "-qq"],
      ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ]) {
      const [command, ...rest] = [...sudo, ...args];
      console.log(`Installing it: ${[command, ...rest].join(" ")}`);
      execFileSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] });
    }
  } catch (error) {
    console.error(`That failed: ${error.message}`);
  }
  if (!existsSync(path)) {
    console.error(
      "Install Chromium yourself (Debian, Ubuntu: apt-get install chromium) and set CHROMIUM_PATH to its program.",
    );
    process.exit(1);
  }
}
