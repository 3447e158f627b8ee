import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./readme-examples.ts";

const run = promisify(execFile);

/** The folders of the packages that are published. */
export async function publishedPackages(): Promise<string[]> {
  const names = await readdir(join(repository, "packages"));
  const isPrivate = await Promise.all(
    names.map(async (name) => {
      const path = join(repository, "packages", name, "package.json");
      return (JSON.parse(await readFile(path, "utf8")) as { private?: boolean }).private;
    }),
  );
  return names.filter((_, index) => !isPrivate[index]);
}

/** Packs packages into a folder as they are published; returns the path of each one's tarball. */
export async function packAll(
  names: readonly string[],
  place: string,
): Promise<(name: string) => string> {
  const tarball = (name: string) => join(place, `${name}.tgz`);
  await Promise.all(
    names.map((name) => {
      const folder = join(repository, "packages", name);
      return run("pnpm", ["pack", "--out", tarball(name)], { cwd: folder });
    }),
  );
  return tarball;
}
