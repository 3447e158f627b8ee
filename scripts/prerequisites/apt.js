import { execFileSync } from "node:child_process";

/**
 * Installs Debian packages, only where that needs no sudo: this process is root's and apt-get exists.
 *
 * @param {readonly string[]} packages
 */
export function aptInstall(packages) {
  if (process.getuid?.() !== 0) return;
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    console.log(`Installing what the tests need: apt-get ${args.join(" ")}`);
    execFileSync("apt-get", args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }
}
