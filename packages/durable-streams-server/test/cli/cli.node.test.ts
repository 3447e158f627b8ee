import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { listen } from "../support/serve.ts";
import { buildCommand, command, ServerProcess } from "../support/server-process.ts";

let server: ServerProcess | undefined;

beforeAll(buildCommand, 120_000);
afterEach(async () => {
  await server?.stop("SIGKILL");
});

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe("what was typed wrong is one clear line and exit code 2", () => {
  test.each([
    [[], "Give a command"],
    [["dance"], "no command dance"],
    [["serve"], "--data DIR, --postgres URL or --memory"],
    [["serve", "--memory", "--data", "x"], "one of"],
    [["serve", "--memory", "--port", "many"], "--port"],
    [["serve", "--memory", "--colour"], "--colour"],
    [["serve", "--memory", "--log-level", "loud"], "--log-level"],
    [["serve", "--data", ""], "--data"],
    [["serve", "--postgres", "nonsense"], "postgres://"],
    [["inspect"], "URL"],
    [["inspect", "nonsense"], "nonsense"],
  ])("%j", async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });
});

test("--help says what there is", async () => {
  for (const args of [["--help"], ["serve", "--help"], ["inspect", "--help"]]) {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).toContain("--data DIR");
  }
});

describe("what cannot be had is one clear line and exit code 1", () => {
  test.each([["--memory"], ["--data"]])("a port that is taken, %s", async (store) => {
    const folder = await mkdtemp(join(tmpdir(), "freshet-command-"));
    const args = store === "--data" ? [store, folder] : [store];
    const taken = createServer();
    const { port } = new URL(await listen(taken));
    const { code, stderr } = await run("serve", ...args, "--port", port);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^durable-streams: port \d+ of 127.0.0.1 is taken: .*\n$/);
    taken.close();
    await rm(folder, { recursive: true });
  });

  test("a folder that is none", async () => {
    const { code, stderr } = await run("serve", "--data", import.meta.filename, "--port", "0");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^durable-streams: The LMDB store in .* cannot be opened .*\n$/);
  });

  test("a server that is not there", async () => {
    const { code, stderr } = await run("inspect", "http://127.0.0.1:4/a");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^durable-streams: http:\/\/127.0.0.1:4\/a cannot be reached: .*\n$/);
  });
});

test("serves with a token, tells how it is, and stops when it is told to", async () => {
  server = await ServerProcess.start(["--memory", "--token", "secret", "--cors", "*"]);
  const { url, origin } = server;
  const headers = { authorization: "Bearer secret", "content-type": "text/plain" };
  const refused = await fetch(`${url}/a`, { method: "PUT" });
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toBe("Bearer");
  const wrong = { authorization: "Bearer secret2" };
  expect((await fetch(`${url}/a`, { method: "PUT", headers: wrong })).status).toBe(401);
  const made = await fetch(`${url}/a`, { method: "PUT", headers, body: "hi" });
  expect(made.status).toBe(201);
  expect(made.headers.get("access-control-allow-origin")).toBe("*");

  const health = await fetch(`${origin}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
  expect((await fetch(`${origin}/healthz`, { method: "HEAD" })).status).toBe(200);
  expect((await fetch(`${origin}/metrics`)).status).toBe(401);
  const metrics = await (await fetch(`${origin}/metrics`, { headers })).text();
  expect(metrics).toContain(
    'durable_streams_request_duration_seconds_count{operation="create",status="201"} 1',
  );

  const sse = await fetch(`${url}/a?offset=-1&live=sse`, { headers });
  const events = sse.text();
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(await events).toMatch(/event: control\ndata:\{[^\n]*\}\n\n$/);
});

test("inspect shows messages as they were written, and does nothing to a terminal", async () => {
  server = await ServerProcess.start(["--memory"]);
  const url = `${server.url}/list`;
  const headers = { "content-type": "application/json" };
  const body = '[12345678901234567890, {"a":\n"\u009b31m, [1]"}, 1.0]';
  await fetch(url, { method: "PUT", headers, body });
  const { stdout } = await run("inspect", url);
  expect(stdout.split("\n").slice(0, 3)).toEqual([
    "-1  12345678901234567890",
    '-1,1  {"a": "\\u009b31m, [1]"}',
    "-1,2  1.0",
  ]);
  const { stdout: machine } = await run("inspect", url, "--json");
  expect(machine).toContain('{"position":"-1","message":12345678901234567890}\n');

  const patches = `${server.url}/patches`;
  const patch = { "content-type": "application/json-patch+json" };
  await fetch(patches, { method: "PUT", headers: patch, body: "[1]" });
  expect((await run("inspect", patches)).stdout).toMatch(/^-1 {2}3 bytes {2}"\[1\]"\n/);
});

test("inspect lists messages with their positions", async () => {
  const path = await mkdtemp(join(tmpdir(), "freshet-command-"));
  server = await ServerProcess.start(["--data", path]);
  const url = `${server.url}/list`;
  const headers = { "content-type": "application/json" };
  await fetch(url, { method: "PUT", headers, body: '[{"a":1},2]' });
  await fetch(url, { method: "POST", headers: { ...headers, "stream-closed": "true" }, body: "3" });
  const { code, stdout } = await run("inspect", url, "--follow");
  expect(code).toBe(0);
  expect(stdout.trimEnd().split("\n")).toEqual([
    '-1  {"a":1}',
    "-1,1  2",
    "-1,2  3",
    "0000000000000000_0000000000000010  end, closed",
  ]);
  const machine = await run(
    "inspect",
    url,
    "--json",
    "--offset",
    "0000000000000000_0000000000000009",
  );
  expect(
    machine.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { position: "0000000000000000_0000000000000009", message: 3 },
    { end: "0000000000000000_0000000000000010", closed: true },
  ]);
  const missing = await run("inspect", `${server.url}/missing`);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain("404");
  await server.stop();
  await rm(path, { recursive: true });
});
