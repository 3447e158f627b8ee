// Draws the rooms of every package and the arrows between them, and fails on one that points up, on a
// cycle of files and on too many arrows. docs/architecture.md declares the order of the rooms.
// With --quiet, only one line per package and what is wrong.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkPackage } from "./architecture/check-package.js";
import { readRoomOrder } from "./architecture/room-order.js";

const repository = join(import.meta.dirname, "..");
const order = readRoomOrder(readFileSync(join(repository, "docs/architecture.md"), "utf8"));
const quiet = process.argv.includes("--quiet");
let failed = false;

for (const name of readdirSync(join(repository, "packages"))) {
  const pkg = readPackage(join(repository, "packages", name));
  const { rooms, arrows, problems } = checkPackage(pkg, order.get(pkg.manifest.name));
  console.log(`${pkg.manifest.name}: ${rooms.length} rooms, ${arrows.length} arrows`);
  if (!quiet) console.log([`rooms: ${rooms.join(", ")}`, ...arrows].map(indent).join("\n"));
  for (const problem of problems) console.error(indent(`ERROR ${problem}`));
  failed ||= problems.length > 0;
}
process.exitCode = failed ? 1 : 0;

function indent(line) {
  return `  ${line}`;
}

function readPackage(folder) {
  const source = join(folder, "src");
  const paths = readdirSync(source, { recursive: true }).map((path) => path.replaceAll("\\", "/"));
  const files = paths.filter((path) => /\.tsx?$/.test(path));
  return {
    manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
    files: new Map(files.map((path) => [path, readFileSync(join(source, path), "utf8")])),
  };
}
