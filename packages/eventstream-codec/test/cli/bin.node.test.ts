import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeMessage, header } from "../../src/index.ts";

let folder: string;
let command: string;
const frame = encodeMessage({
  headers: { ":message-type": header.string("event"), ":event-type": header.string("chunk") },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "eventstream-"));
  // As far from the manifest as it is in the package, so that --version finds it.
  command = join(folder, "dist/cli/bin.mjs");
  await writeFile(join(folder, "package.json"), JSON.stringify({ version: "1.2.3" }));
  await build({
    entryPoints: [join(import.meta.dirname, "../../src/cli/bin.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@freshet/source"],
    outfile: command,
  });
});

afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(args: string[], input?: Uint8Array): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...args], (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

test("inspect reads a file, or standard input", async () => {
  const file = join(folder, "one.bin");
  await writeFile(file, frame);
  const fromFile = await run(["inspect", file]);
  expect(fromFile).toMatchObject({ status: 0, stderr: "" });
  expect(fromFile.stdout).toContain(":event-type=chunk");
  expect(await run(["inspect", "-"], frame)).toEqual(fromFile);
  expect(await run(["inspect"], frame)).toEqual(fromFile);
});

test("a bad frame is exit code 1, with its error code on standard error", async () => {
  const { status, stderr } = await run(["inspect"], frame.subarray(0, 20));
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("INCOMPLETE_STREAM") as string,
  });
});

test("a wrong command or option, or a file that cannot be read, is one clear message and exit code 2", async () => {
  for (const args of [[], ["look"], ["inspect", "--nope"], ["inspect", "a", "b"]]) {
    const { status, stdout, stderr } = await run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^eventstream: .+\nSee eventstream --help\.\n$/);
  }
  const missing = await run(["inspect", join(folder, "missing.bin")]);
  expect(missing.status).toBe(2);
  expect(missing.stderr).toMatch(/^eventstream: Cannot read .*missing\.bin: ENOENT.*\n$/);
});

test("--help and --version print to standard output and exit 0", async () => {
  for (const flag of ["--help", "-h"]) {
    const { status, stdout, stderr } = await run([flag]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^usage: eventstream inspect /);
  }
  for (const flag of ["--version", "-v"]) {
    expect(await run([flag])).toEqual({ status: 0, stdout: "1.2.3\n", stderr: "" });
  }
});

test("shows frames as they arrive, and ends quietly when its reader does", async () => {
  const child = spawn(process.execPath, [command, "inspect"]);
  const exited = new Promise((resolve) => child.on("exit", resolve));
  child.stdin.on("error", () => undefined);
  child.stdin.write(frame);
  // The line is there while standard input is still open.
  const line = await new Promise<Buffer>((resolve) => child.stdout.once("data", resolve));
  expect(line.toString()).toContain("crc ok");
  child.stdout.destroy();
  const feed = setInterval(() => child.stdin.write(frame), 5);
  expect(await exited).toBe(0);
  clearInterval(feed);
});
