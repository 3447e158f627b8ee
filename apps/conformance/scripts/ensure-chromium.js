// Browser tests run in a real Chromium, which no npm package contains. This script installs Debian's
// package if it is missing; if it cannot, it fails and prints what to do. No test is skipped.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const path = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

if (!existsSync(path)) {
  console.log(`The browser tests need Chromium, which is not at ${path}.`);
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
    console.error(`The installation failed: ${error.message}`);
  }
  if (!existsSync(path)) {
    console.error(
      "Install Chromium (Debian, Ubuntu: apt-get install chromium) and set CHROMIUM_PATH to its executable.",
    );
    process.exit(1);
  }
}
