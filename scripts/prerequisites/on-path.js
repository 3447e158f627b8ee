import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs that a folder of PATH holds. */
export function onPath(...names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}
