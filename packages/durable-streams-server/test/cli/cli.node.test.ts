import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { listen } from "../support/serve.ts";
import { buildCommand, command, ServerProcess } from "../support/server-process.ts";
import manifest from "../../package.json" with { type: "json" };

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

describe("a wrong command line is one clear line and exit code 2", () => {
  test.each([
    [[], "A command is missing"],
    [["dance"], "Unknown command dance"],
    [["serve", "--memory", "--data", "x"], "one of --data DIR, --postgres URL and --memory"],
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
    expect(stderr).toMatch(/^durable-streams: [A-Z-].*\.\nSee durable-streams --help\.\n$/);
  });
});

test("--help lists the options", async () => {
  for (const args of [["--help"], ["serve", "--help"], ["inspect", "--help"]]) {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).toContain("--data DIR");
  }
});

test("--version shows the version of the package", async () => {
  for (const flag of ["--version", "-v"]) {
    expect(await run(flag)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  }
});

test("serve runs with nothing installed but the package, and says how to get metrics", async () => {
  const folder = await mkdtemp(join(tmpdir(), "freshet-installed-"));
  const scope = join(folder, "node_modules/@freshet");
  const installed = join(scope, "durable-streams-server");
  const packageFolder = join(dirname(command), "../..");
  await mkdir(installed, { recursive: true });
  await cp(join(packageFolder, "package.json"), join(installed, "package.json"));
  await cp(join(packageFolder, "dist"), join(installed, "dist"), { recursive: true });
  await symlink(join(packageFolder, "../core"), join(scope, "core"));
  server = await ServerProcess.start([], [], join(installed, "dist/cli/main.js"));
  expect((await fetch(`${server.url}/a`, { method: "PUT" })).status).toBe(201);
  const metrics = await fetch(`${server.origin}/metrics`);
  expect(metrics.status).toBe(501);
  expect(await metrics.text()).toContain("npm install prom-client");
  await expect.poll(() => server?.log).toContain("npm install prom-client");
  expect(server.log).toContain("streams are kept in memory");
  expect(await server.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

describe("a failure is one clear line and exit code 1", () => {
  test.each([["--memory"], ["--data"]])("a port in use, %s", async (store) => {
    const folder = await mkdtemp(join(tmpdir(), "freshet-command-"));
    const args = store === "--data" ? [store, folder] : [store];
    const taken = createServer();
    const { port } = new URL(await listen(taken));
    const { code, stderr } = await run("serve", ...args, "--port", port);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^durable-streams: Port \d+ of 127.0.0.1 is in use: .*\n$/);
    taken.close();
    await rm(folder, { recursive: true });
  });

  test("a folder that is a file", async () => {
    const { code, stderr } = await run("serve", "--data", import.meta.filename, "--port", "0");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^durable-streams: The LMDB store in .* cannot be opened .*\n$/);
  });

  test("a server that is away", async () => {
    const { code, stderr } = await run("inspect", "http://127.0.0.1:4/a");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^durable-streams: http:\/\/127.0.0.1:4\/a cannot be reached: .*\n$/);
  });
});

test("with a token, a subscription links the streams that its pattern meets later", async () => {
  server = await ServerProcess.start(["--memory", "--token", "secret"]);
  const { url } = server;
  const send = (method: string, path: string, body?: unknown) =>
    fetch(`${url}/${path}`, {
      method,
      headers: { authorization: "Bearer secret", "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const config = { type: "pull-wake", wake_stream: "wake", pattern: "later/*" };
  expect((await fetch(`${url}/__ds/subscriptions/s`, { method: "PUT" })).status).toBe(401);
  expect((await send("PUT", "__ds/subscriptions/s", config)).status).toBe(201);
  await send("PUT", "later/a");
  await send("POST", "later/a", 1);
  const streams = async () =>
    ((await (await send("GET", "__ds/subscriptions/s")).json()) as { streams: unknown[] }).streams;
  await expect.poll(streams).toMatchObject([{ path: "later/a" }]);
});

test("serve requires its token, has health and metrics, and stops at SIGTERM", async () => {
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

test("inspect shows messages as they were written, and nothing that a terminal acts on", async () => {
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
