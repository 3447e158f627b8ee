// The tests of the PostgreSQL store start real servers of their own. This script installs Debian's
// packages if they are missing; if it cannot, it fails and prints what to do. No test is skipped.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether one of the folders that the tests search contains initdb. */
function isInstalled() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const folders = [
    process.env.POSTGRES_BIN,
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  return folders.some((folder) => folder && existsSync(join(folder, "initdb")));
}

if (!isInstalled()) {
  console.log(
    "The tests of the PostgreSQL store need its server programs, which are not installed.",
  );
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  try {
    for (const args of [
      ["apt-get", "update", "-qq"],
      ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"],
    ]) {
      const [command, ...rest] = [...sudo, ...args];
      console.log(`Installing them: ${[command, ...rest].join(" ")}`);
      execFileSync(command, rest, {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
    }
  } catch (error) {
    console.error(`The installation failed: ${error.message}`);
  }
  if (!isInstalled()) {
    console.error(
      "Install PostgreSQL 14 or later (Debian, Ubuntu: apt-get install postgresql), or set POSTGRES_BIN to the folder of its initdb.",
    );
    process.exit(1);
  }
}
