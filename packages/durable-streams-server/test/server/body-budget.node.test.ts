import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterEach, beforeAll, expect, test } from "vitest";
import { memoryStore } from "../../src/index.ts";
import { serve, type RunningServer } from "../support/serve.ts";
import { buildCommand, ServerProcess } from "../support/server-process.ts";

const MIB = 1024 * 1024;

let server: RunningServer | undefined;
let sockets: Socket[] = [];

beforeAll(buildCommand, 120_000);
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await server?.close();
  server = undefined;
});

/** Opens a request and sends part of its body. Resolves to the status if there is a response. */
function open(url: string, headers: string, part: string | Buffer): Promise<number> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n${headers}\r\n\r\n`,
      );
      socket.write(part);
    });
    sockets.push(socket);
    socket.on("error", reject);
    socket.on("data", (data) => resolve(Number(/^HTTP\/1.1 (\d+)/.exec(String(data))?.[1])));
  });
}

test.each([
  ["declared", "content-length: 60", "x".repeat(5)],
  ["not declared", "transfer-encoding: chunked", `3c\r\n${"x".repeat(60)}\r\n`],
])("bodies that are %s count together, until their requests end", async (_, headers, part) => {
  server = await serve({ store: memoryStore(), limits: { bodiesInFlightBytes: 100 } });
  const url = `${server.url}/s`;
  const type = { "content-type": "text/plain" };
  const post = (bytes: number) => {
    const body = "x".repeat(bytes);
    return fetch(url, { method: "POST", headers: type, body });
  };
  await fetch(url, { method: "PUT", headers: type });
  expect((await post(1000)).status, "a body alone always has room").toBe(204);
  const first = open(url, headers, part);
  first.catch(() => undefined);
  await expect.poll(async () => (await post(41)).status, { timeout: 5000 }).toBe(429);
  const refused = await post(41);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
  expect(await refused.text()).toContain("limits.bodiesInFlightBytes");
  expect((await post(40)).status).toBe(204);
  expect(await open(url, headers, part)).toBe(429);
  sockets[0]?.destroy();
  await expect.poll(async () => (await post(99)).status, { timeout: 5000 }).toBe(204);
});

test("200 bodies of 8 MiB that stop before their end cost less than 100 MiB", async () => {
  const running = await ServerProcess.start(["--memory"]);
  try {
    const url = `${running.url}/s`;
    await fetch(url, { method: "PUT", headers: { "content-type": "text/plain" } });
    const memory = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running.pid}/status`, "utf8"))?.[1]) /
      1024;
    const before = memory();
    const part = Buffer.alloc(7.9 * MIB, "x");
    let refused = 0;
    let most = 0;
    for (let n = 0; n < 200; n++) {
      open(url, `content-length: ${8 * MIB}`, part).then(
        (status) => (refused += status === 429 ? 1 : 0),
        () => refused++,
      );
    }
    await expect
      .poll(
        () => {
          most = Math.max(most, memory());
          return refused;
        },
        { timeout: 50_000 },
      )
      .toBeGreaterThanOrEqual(196);
    expect(most - before).toBeLessThan(100);
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
  } finally {
    await running.stop("SIGKILL");
  }
}, 60_000);
