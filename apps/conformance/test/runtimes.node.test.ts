import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Outcomes } from "../src/runtimes/all.ts";
import type { Servers } from "../src/runtimes/round-trip.ts";
import { packAll, publishedPackages } from "./support/packed.ts";
import { startServers } from "./support/round-trip-servers.ts";

// A round trip of every package, packed and installed as users get it, in every runtime: the sources are
// src/runtimes. vitest.config.ts finds the runtimes; one that is missing is named at the end of the run.
const run = promisify(execFile);
const packages = await publishedPackages();

interface Runtime {
  name: string;
  /** The variable that names its program. */
  variable?: string;
  run: (program: string, servers: Servers) => Promise<Outcomes>;
}

const runtimes: Runtime[] = [
  { name: "Node", run: (node, servers) => runProcess(node, [], servers) },
  { name: "Bun", variable: "BUN_PATH", run: (bun, servers) => runProcess(bun, ["run"], servers) },
  {
    name: "Deno",
    variable: "DENO_PATH",
    run: (deno, servers) => runProcess(deno, ["run", "--quiet", "-A", "--cached-only"], servers),
  },
  { name: "workerd", variable: "WORKERD_PATH", run: runWorkerd },
];

let place = "";
let servers: Awaited<ReturnType<typeof startServers>>;
const table: Record<string, Outcomes> = {};

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "freshet-runtimes-"));
  servers = await startServers();
  const tarballs = await packAll(packages, place);
  const dependencies = Object.fromEntries(
    packages.map((name) => [`@freshet/${name}`, `file:${tarballs(name)}`]),
  );
  const manifest = { private: true, type: "module", dependencies };
  await writeFile(join(place, "package.json"), JSON.stringify(manifest));
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: place });
  const built = join(import.meta.dirname, "../dist/runtimes");
  await cp(built, join(place, "runtimes"), { recursive: true });
}, 120_000);

afterAll(async () => {
  console.log(tableOf(table));
  await servers.close();
  await rm(place, { recursive: true, force: true });
});

describe.each(runtimes.map((one) => [one.name, one] as const))("%s", (name, one) => {
  const { variable, run: runIn } = one;
  const program = variable === undefined ? process.execPath : process.env[variable];
  // `pnpm test` reports a runtime that is missing, and FRESHET_REQUIRE_ALL=1 makes it a failure.
  if (program === undefined) {
    test.skip("is not installed");
    return;
  }
  let outcomes: Outcomes = {};
  beforeAll(async () => {
    table[name] = outcomes = await runIn(program, servers.urls);
  }, 60_000);

  test.each(packages)("%s gets back what it put in", (pkg) => {
    expect(outcomes[pkg]).toBe("ok");
  });
});

async function runProcess(program: string, args: string[], urls: Servers): Promise<Outcomes> {
  const entry = join(place, "runtimes/process.js");
  const { stdout } = await run(program, [...args, entry, JSON.stringify(urls)], { cwd: place });
  return JSON.parse(stdout) as Outcomes;
}

/** Bundles the entry as the tools for workers do, and serves it. */
async function runWorkerd(workerd: string, urls: Servers): Promise<Outcomes> {
  const folder = join(place, "worker");
  await mkdir(folder);
  await build({
    entryPoints: [join(place, "runtimes/worker.js")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    logLevel: "silent",
  });
  await writeFile(join(folder, "config.capnp"), workerdConfig);
  // It writes the port that it took to this descriptor.
  const child = spawn(workerd, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  try {
    const [line] = (await once(child.stdio[3] as NodeJS.ReadableStream, "data")) as [Buffer];
    const { port } = JSON.parse(line.toString().split("\n")[0] ?? "") as { port: number };
    const body = JSON.stringify(urls);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
    return (await response.json()) as Outcomes;
  } finally {
    child.kill();
  }
}

const workerdConfig = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01",
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;

/** The packages by runtime, as a table for the log. */
function tableOf(outcomes: Record<string, Outcomes>): string {
  const names = runtimes.map(({ name }) => name);
  const cell = (name: string, pkg: string) => {
    const outcome = outcomes[name]?.[pkg];
    if (outcome === undefined) return "not run";
    return outcome === "ok" ? "ok" : "FAILED";
  };
  const row = (first: string, cells: string[]) =>
    first.padEnd(24) + cells.map((text) => text.padEnd(9)).join("");
  const rows = packages.map((pkg) =>
    row(
      pkg,
      names.map((name) => cell(name, pkg)),
    ),
  );
  return [row("Round trip of", names), ...rows].join("\n");
}
