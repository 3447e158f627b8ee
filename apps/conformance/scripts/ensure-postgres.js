// The tests of the PostgreSQL store start real servers of their own. This installs Debian's packages
// when there are none, and says so; where it cannot, it fails and says what to do. Nothing is skipped.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether there is an initdb where the tests look for one. */
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
  console.log("The tests of the PostgreSQL store need its server programs, and there are none.");
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
    console.error(`That failed: ${error.message}`);
  }
  if (!isInstalled()) {
    console.error(
      "Install PostgreSQL 14 or newer yourself (Debian, Ubuntu: apt-get install postgresql), or set POSTGRES_BIN to the folder of its initdb.",
    );
    process.exit(1);
  }
}
