import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  encodeConverseEvent,
  encodeException,
  encodeInvokeChunk,
} from "@freshet/bedrock-adapter/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The demo as a user runs it: the built command in a process of its own.
const main = join(import.meta.dirname, "../dist/main.js");
const marker = `FRESHET_DEMO_TEST_${process.pid}`;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "freshet-demo-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
  out: () => string;
}

function start(...args: string[]): Started {
  return startWith({}, ...args);
}

function startWith(env: NodeJS.ProcessEnv, ...args: string[]): Started {
  const child = spawn(process.execPath, [main, ...args], {
    // A variable of the environment marks its processes; the temporary folder is the test's own.
    env: { ...process.env, FRESHET_TEST_MARKER: marker, TMPDIR: folder, NO_COLOR: "1", ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = once(child, "close").then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, ended, out: () => stdout };
}

/** Finds the processes that a run of this test started and that still exist (on Linux, by /proc). */
async function processesLeft(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")),
  );
  return pids.filter((_pid, index) => environments[index]?.includes(marker));
}

async function expectNothingLeft(): Promise<void> {
  await expect.poll(processesLeft, { timeout: 10_000 }).toEqual([]);
  expect((await readdir(folder)).filter((name) => !name.endsWith(".bin"))).toEqual([]);
}

describe("npm run demo -- --once", () => {
  test("proves that nothing was lost, and leaves no process or file behind", async () => {
    const { code, stdout, stderr } = await start("--once", "--json", "--seed", "1", "--pace", "300")
      .ended;
    expect(stderr).toBe("");
    const summary = JSON.parse(stdout) as Record<string, number>;
    expect(summary).toMatchObject({
      ok: true,
      cuts: 5,
      web_server_kills: 1,
      reconnects: 6,
      lost: 0,
      duplicated: 0,
      sha256_match: true,
      seed: 1,
    });
    expect(summary["read"]).toBe(summary["written"]);
    expect(code).toBe(0);
    await expectNothingLeft();
  }, 60_000);

  test("proves the same on the protocol authors' own server", async () => {
    const args = ["--once", "--json", "--seed", "3", "--pace", "300", "--server", "reference"];
    const { code, stdout } = await start(...args).ended;
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, cuts: 5, web_server_kills: 1 });
    expect(code).toBe(0);
    await expectNothingLeft();
  }, 60_000);

  test("shows the response, the faults and the counts in the terminal", async () => {
    const { code, stdout } = await start("--once", "--seed", "2", "--cuts", "8", "--pace", "300")
      .ended;
    expect(stdout).toMatch(/^Real: .*Simulated: the model \(scripted\)/);
    expect(stdout).toContain("> How high is the Elbe at Dresden");
    expect(stdout).toContain('→ river_level {"station":"Dresden"}');
    expect(stdout).toContain("← river_level (done)");
    expect(stdout.match(/⟲ from/g)).toHaveLength(9);
    expect(stdout).toMatch(
      /\n(\d+) events written, \1 read, 9 reconnects, 0 lost, 0 duplicated, sha256 match\n$/,
    );
    expect(code).toBe(0);
  }, 60_000);
});

describe("npm run demo -- --replay with a capture of", () => {
  const text = (contentBlockIndex: number, piece: string) =>
    encodeConverseEvent({ type: "contentBlockDelta", contentBlockIndex, delta: { text: piece } });

  test.each<[string, Uint8Array[]]>([
    [
      "Converse",
      [
        encodeConverseEvent({ type: "messageStart", role: "assistant" }),
        text(0, "Hi"),
        encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 0 }),
        encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" }),
      ],
    ],
    ["Converse with an exception", [text(0, "Hi"), encodeException("throttlingException", "{}")]],
    ["Converse that is cut short", [text(0, "Hi"), text(0, " there").subarray(0, 30)]],
    ["InvokeModel", [encodeInvokeChunk({ generation: "Hi", stop_reason: "stop" })]],
    ["no bytes at all", []],
  ])(
    "%s",
    async (name, frames) => {
      const file = join(folder, `${name}.bin`);
      await writeFile(file, Buffer.concat(frames));
      const { code, stdout } = await start("--once", "--json", "--replay", file, "--pace", "300")
        .ended;
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, cuts: 5, web_server_kills: 1 });
      expect(code).toBe(0);
    },
    60_000,
  );
});

test.each([["--cuts", "x"], ["--replay", "no-such-file"], ["--nonsense"]])(
  "the demo refuses wrong options (%s) with one line and exit code 2",
  async (...args) => {
    const { code, stdout, stderr } = await start(...args).ended;
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(code).toBe(2);
  },
);

test("the demo refuses a port in use with one line and exit code 2, before it starts anything", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { code, stdout, stderr } = await start("--port", String(port)).ended;
  other.close();
  expect(stdout).toBe("");
  expect(stderr).toMatch(new RegExp(`^--port: [^\\n]* ${port} \\(it is in use\\)[^\\n]*\\n$`));
  expect(code).toBe(2);
});

test("--open opens the page's URL in the browser", async () => {
  // On Linux, the tests' platform, xdg-open opens a URL: this one only notes which.
  const opened = join(folder, "opened.bin");
  const bin = join(folder, "path.bin");
  await mkdir(bin);
  await writeFile(
    join(bin, "xdg-open"),
    `#!/bin/sh\nprintf %s "$1" > "${bin}/new" && mv "${bin}/new" "${opened}"\n`,
    { mode: 0o755 },
  );
  const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  const { child, ended, out } = startWith(env, "--no-run", "--open");
  const url = () => readFile(opened, "utf8").catch(() => "");
  await expect.poll(url, { timeout: 30_000 }).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(out()).toContain(await url());
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
}, 60_000);

describe("the demo ends", () => {
  test.each([["--once"], ["--no-run"]])(
    "on Ctrl-C while its processes are being started (%s)",
    async (option) => {
      const { child, ended, out } = start(option);
      await expect.poll(out, { timeout: 30_000, interval: 5 }).toContain("Real: ");
      child.kill("SIGINT");
      const { code, stdout } = await ended;
      expect(code).toBe(130);
      expect(stdout).not.toContain("model call");
      await expectNothingLeft();
    },
    60_000,
  );

  test("on Ctrl-C with exit code 0 while it serves the page after the run", async () => {
    const { child, ended, out } = start("--pace", "1000", "--cuts", "0");
    await expect.poll(out, { timeout: 30_000 }).toContain("served at http://127.0.0.1:");
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
    await expectNothingLeft();
  }, 60_000);

  test("on Ctrl-C in the middle of the run", async () => {
    const { child, ended, out } = start("--once");
    await expect.poll(out, { timeout: 30_000 }).toContain("model call 1");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    await expectNothingLeft();
  }, 60_000);

  test("together with all its processes when it is killed by SIGKILL", async () => {
    const { child, ended, out } = start("--once");
    await expect.poll(out, { timeout: 30_000 }).toContain("model call 1");
    child.kill("SIGKILL");
    await ended;
    await expectNothingLeft();
  }, 60_000);
});
