import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { median } from "../harness.ts";

const run = promisify(execFile);

/** The cost of one client of Bedrock before it streams. */
export interface Weight {
  name: string;
  installBytes: number;
  packages: number;
  importMs: number;
  /** Undefined if the package cannot be bundled for a browser. */
  bundleBytes: number | undefined;
}

export interface Candidate {
  name: string;
  /** The npm specifications to install: `name@version`, or tarballs. */
  install: readonly string[];
  /** The module that a streaming program imports, and the name that it uses of it. */
  module: string;
  symbol: string;
}

/** Packs our packages as they would be published. */
export async function packOurs(folder: string): Promise<string[]> {
  const root = join(import.meta.dirname, "../../../..");
  const tarballs: string[] = [];
  for (const name of ["core", "eventstream-codec", "bedrock-adapter"]) {
    const tarball = join(folder, `${name}.tgz`);
    await run("pnpm", ["pack", "--out", tarball], { cwd: join(root, "packages", name) });
    tarballs.push(tarball);
  }
  return tarballs;
}

/** Installs each candidate alone into an empty folder and weighs it. Import times are interleaved. */
export async function weigh(
  candidates: (folder: string) => Promise<readonly Candidate[]>,
): Promise<Weight[]> {
  const folder = await mkdtemp(join(tmpdir(), "freshet-weight-"));
  try {
    const installed = [];
    for (const [index, candidate] of (await candidates(folder)).entries()) {
      const home = join(folder, String(index));
      await install(home, candidate);
      installed.push({ candidate, home, times: [] as number[] });
    }
    for (let round = -1; round < 9; round++) {
      for (const { candidate, home, times } of installed) {
        const ms = await coldImportMs(home, candidate);
        if (round >= 0) times.push(ms);
      }
    }
    return await Promise.all(
      installed.map(async ({ candidate, home, times }) => ({
        name: candidate.name,
        ...(await size(join(home, "node_modules"))),
        importMs: median(times),
        bundleBytes: await bundle(home),
      })),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function install(home: string, { install: specs, module, symbol }: Candidate): Promise<void> {
  await mkdir(home);
  await writeFile(join(home, "package.json"), '{"private":true,"type":"module"}');
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts"];
  await run("npm", ["install", ...flags, ...specs], { cwd: home });
  await writeFile(
    join(home, "cold.js"),
    `const start = performance.now();
     const { ${symbol} } = await import(${JSON.stringify(module)});
     console.log(typeof ${symbol} === "function" ? performance.now() - start : NaN);`,
  );
  await writeFile(
    join(home, "bundle.js"),
    `import { ${symbol} } from ${JSON.stringify(module)}; globalThis.used = ${symbol};`,
  );
}

async function coldImportMs(home: string, { name }: Candidate): Promise<number> {
  const { stdout } = await run(process.execPath, ["cold.js"], { cwd: home });
  const ms = Number(stdout);
  if (Number.isNaN(ms))
    throw new Error(`${name} does not export the name that the benchmark uses.`);
  return ms;
}

async function size(folder: string): Promise<{ installBytes: number; packages: number }> {
  let installBytes = 0;
  let packages = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    installBytes += (await stat(path)).size;
    if (entry.name === "package.json" && isPackageFolder(entry.parentPath)) packages++;
  }
  return { installBytes, packages };
}

/** `node_modules/name` or `node_modules/@scope/name`, at any depth; not a folder inside a package. */
function isPackageFolder(path: string): boolean {
  return /node_modules\/(@[^/]+\/)?[^/]+$/.test(path);
}

/** Bundles what a page must load before it can start: the entry and all its static imports. */
async function bundle(home: string): Promise<number | undefined> {
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: home,
      entryPoints: ["bundle.js"],
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      platform: "browser",
      outdir: "out",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    const needed = new Set<string>();
    const add = (path: string) => {
      if (needed.has(path)) return;
      needed.add(path);
      for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) {
        if (kind === "import-statement") add(next);
      }
    };
    add("out/bundle.js");
    return outputFiles
      .filter(({ path }) => needed.has(relative(home, path)))
      .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).byteLength, 0);
  } catch {
    return undefined;
  }
}

/** Returns a package with its version in this workspace, as an npm specification. */
export async function pinned(name: string): Promise<string> {
  const manifest = join(import.meta.dirname, "../../node_modules", name, "package.json");
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  return `${name}@${version}`;
}
