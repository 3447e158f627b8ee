import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createStream, send } from "./support/producers.ts";
import { buildCommand, ServerProcess } from "./support/server-process.ts";

let folder: string;

beforeAll(buildCommand, 120_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "freshet-disk-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A small disk that ends with the processes on it: a tmpfs in a mount namespace of its own. */
function smallDisk(size: string): string[] {
  const mine = process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
  const mount = 'mount -t tmpfs -o "size=$1" tmpfs "$0"';
  try {
    execFileSync("unshare", [...mine, "sh", "-c", mount, folder, size], { stdio: "pipe" });
  } catch (cause) {
    const message =
      "This test mounts a small tmpfs in a namespace of its own (unshare --mount): run it as root, or where users may make namespaces.";
    throw new Error(message, { cause });
  }
  // The shell stays, so that a server can be killed and started again on the same disk.
  const again = `${mount}; shift; while :; do "$@"; done`;
  return ["unshare", ...mine, "--kill-child", "sh", "-c", again, folder, size];
}

test("a full disk is a 507, and loses nothing that was acknowledged", async () => {
  const server = await ServerProcess.start(["--data", folder], smallDisk("24m"));
  const agent = new Agent({ keepAlive: true });
  const url = `${server.url}/full`;
  await createStream(url, "text/plain");
  let stored = "";
  let seq = 0;
  const append = async (text: string) => {
    const headers = {
      "content-type": "text/plain",
      "producer-id": "p",
      "producer-epoch": "0",
      "producer-seq": String(seq),
    };
    const { status } = await send(agent, "POST", url, headers, text);
    if (status === 200) {
      stored += text;
      seq++;
    }
    return status;
  };
  const read = async () => {
    let text = "";
    for (let offset = "-1"; ;) {
      const response = await fetch(`${url}?offset=${offset}`);
      assert.equal(response.status, 200);
      text += await response.text();
      if (response.headers.has("stream-up-to-date")) return text;
      offset = response.headers.get("stream-next-offset") ?? "";
    }
  };
  try {
    const statuses = new Set<number>();
    for (let n = 0; n < 400 && !statuses.has(507); n++) {
      statuses.add(await append(`${n};`.padEnd(256 * 1024, "x")));
    }
    expect([...statuses].sort()).toEqual([200, 507]);
    expect(await append("y".repeat(1024 * 1024))).toBe(507);
    expect(await read()).toBe(stored);

    process.kill(server.pid, "SIGKILL");
    await server.untilReady();
    expect(await read()).toBe(stored);

    // Deleting makes room again.
    const other = `${server.url}/other`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(204);
    await createStream(other, "text/plain");
    const type = { "content-type": "text/plain" };
    const again = () => send(agent, "POST", other, type, "z".repeat(64 * 1024));
    await expect.poll(async () => (await again()).status, { timeout: 20_000 }).toBe(204);
  } finally {
    agent.destroy();
    await server.stop("SIGKILL");
  }
}, 60_000);
