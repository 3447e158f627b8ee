import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { open as OpenLmdb } from "lmdb" with { "resolution-mode": "require" };
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { waitForFolder } from "../../src/lmdb/folder-lock.ts";
import { lmdbStore } from "../../src/lmdb/index.ts";
import { buildCommand, command, ServerProcess } from "../support/server-process.ts";

const { open } = createRequire(import.meta.url)("lmdb") as { open: typeof OpenLmdb };

let path: string;
let lock: string;
let data: string;

beforeAll(buildCommand, 120_000);
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "freshet-folder-"));
  lock = join(path, "owner.lock");
  data = join(path, "data.mdb");
});
afterEach(() => rm(path, { recursive: true }));

const ownerFile = () => JSON.parse(readFileSync(lock, "utf8")) as Record<string, unknown>;
const writeOwner = (owner: Record<string, unknown>) => {
  writeFileSync(lock, JSON.stringify(owner));
};

describe("lock", () => {
  test("a folder has one store at a time, and the refusal names its process", async () => {
    const first = lmdbStore({ path });
    const since = String(ownerFile()["since"]);
    const refusal = { code: "STORE_LOCKED", retryable: true };
    expect(() => lmdbStore({ path })).toThrow(expect.objectContaining(refusal) as Error);
    const names = new RegExp(
      `process ${process.pid} on ${hostname()} has served it since ${since}`,
    );
    expect(() => lmdbStore({ path })).toThrow(names);
    await first.create({ path: "a", closed: false });
    await first.close();
    expect(existsSync(lock)).toBe(false);
    const second = lmdbStore({ path });
    expect((await second.head("a")).status).toBe("ok");
    await second.close();
  });

  test("a second server is refused; with --wait-for-lock it takes over when the first ends", async () => {
    const first = await ServerProcess.start(["--data", path]);
    const { code, stderr } = await serveOnce(["--data", path]);
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${first.pid} on ${hostname()}`);
    const waiting = serve(["--data", path, "--wait-for-lock", "--port", "0"]);
    await waiting.untilLog("waiting for the process that serves the folder");
    expect(await first.stop()).toBe(0);
    await waiting.untilLog('"listening"');
    expect(ownerFile()["pid"]).toBe(waiting.child.pid);
    waiting.child.kill("SIGKILL");
    await waiting.exited;
    // Nobody has to clean up after a process that was killed.
    await lmdbStore({ path }).close();
  }, 60_000);

  test.each<[string, (owner: Record<string, unknown>) => Record<string, unknown>]>([
    ["whose process has ended", (owner) => ({ ...owner, pid: 2 ** 22 + 1 })],
    ["whose number another process has now", (owner) => ({ ...owner, started: "1" })],
    [
      "in a container that shows no sign of life",
      (owner) => ({ ...owner, pid: 1, namespace: "another" }),
    ],
  ])("the lock of an owner %s is taken over", async (_, change) => {
    const store = lmdbStore({ path });
    const owner = ownerFile();
    await store.close();
    writeOwner(change(owner));
    const { utimesSync } = await import("node:fs");
    utimesSync(lock, 0, 0);
    const next = lmdbStore({ path });
    expect(ownerFile()["token"]).not.toBe(owner["token"]);
    await next.close();
  });

  test.each<[string, (owner: Record<string, unknown>) => Record<string, unknown>]>([
    ["on another machine", (owner) => ({ ...owner, host: "elsewhere" })],
    ["in a container that is alive", (owner) => ({ ...owner, pid: 1, namespace: "another" })],
    ["of which the lock says nothing yet", () => ({})],
  ])("the lock of an owner %s is left alone", async (_, change) => {
    const store = lmdbStore({ path });
    const owner = ownerFile();
    await store.close();
    const content = Object.keys(change(owner)).length > 0 ? JSON.stringify(change(owner)) : "";
    writeFileSync(lock, content);
    expect(() => lmdbStore({ path })).toThrow("is in use");
    expect(readFileSync(lock, "utf8")).toBe(content);
    let isFree = false;
    const waiting = waitForFolder(path, () => undefined).then(() => (isFree = true));
    expect(isFree).toBe(false);
    await rm(lock);
    await waiting;
    await lmdbStore({ path }).close();
  });
});

describe("data file", () => {
  async function filled(): Promise<void> {
    const store = lmdbStore({ path });
    await store.create({ path: "a", closed: false, contentType: "text/plain" });
    for (let n = 0; n < 20; n++) {
      const append = { path: "a", close: false, contentType: "text/plain" };
      await store.append({ ...append, data: new Uint8Array(50_000).fill(n) });
    }
    await store.close();
  }

  async function foreign(use: (root: ReturnType<typeof open>) => void): Promise<void> {
    const root = open({ path, noSubdir: false, maxDbs: 16 });
    use(root);
    await root.close();
  }

  test.each<[string, () => Promise<void> | void, RegExp]>([
    [
      "random bytes",
      () => {
        writeFileSync(data, crypto.getRandomValues(new Uint8Array(60_000)));
      },
      /not a database of the package lmdb/,
    ],
    [
      "a few bytes",
      () => {
        writeFileSync(data, "hello");
      },
      /not a database of the package lmdb/,
    ],
    [
      "a database that was cut in half",
      async () => {
        await filled();
        truncateSync(data, Math.floor(readFileSync(data).byteLength / 2));
      },
      /its end was cut off/,
    ],
    [
      "a database without its last byte",
      async () => {
        await filled();
        truncateSync(data, readFileSync(data).byteLength - 1);
      },
      /its end was cut off/,
    ],
    [
      "a database with only its first page",
      async () => {
        await filled();
        truncateSync(data, 4096);
      },
      /its end was cut off/,
    ],
    [
      "another application's tables",
      () =>
        foreign((root) => {
          root.openDB({ name: "streams" }).putSync("a", 1);
          root.openDB({ name: "data" }).putSync("a", 1);
        }),
      /database of another application/,
    ],
    [
      "another application's keys",
      () =>
        foreign((root) => {
          for (let n = 0; n < 1000; n++) root.putSync(`key ${n}`, "x".repeat(100));
        }),
      /database of another application/,
    ],
    [
      "another application's one key",
      () =>
        foreign((root) => {
          root.putSync("freshet-durable-streams", 1);
        }),
      /database of another application/,
    ],
  ])("%s in data.mdb are refused, untouched", async (_, make, message) => {
    await make();
    const before = readFileSync(data);
    const { code, stderr } = await serveOnce(["--data", path]);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(data);
    expect(code, "not killed by a signal").toBe(1);
    expect(() => lmdbStore({ path })).toThrow(
      expect.objectContaining({ code: "STORE_INVALID", retryable: false }) as Error,
    );
    expect(readFileSync(data).equals(before)).toBe(true);
    expect(existsSync(lock)).toBe(false);
  });

  test("an empty data.mdb, and a database without tables, are new stores", async () => {
    writeFileSync(data, "");
    await lmdbStore({ path }).close();
    const other = join(path, "other");
    await mkdir(other);
    await foreign(() => undefined);
    await copyFile(data, join(other, "data.mdb"));
    await lmdbStore({ path: other }).close();
  });

  test("after every kind of commit the check still accepts the file", async () => {
    let store = lmdbStore({ path, sweepIntervalMs: 5 });
    const append = { path: "a", close: false, contentType: "text/plain" };
    for (let round = 0; round < 10; round++) {
      await store.create({ path: "a", closed: false, contentType: "text/plain" });
      const sizes = Array.from({ length: 30 }, () => Math.floor(Math.random() ** 4 * 300_000) + 1);
      await Promise.all(
        sizes.map((size) => store.append({ ...append, data: new Uint8Array(size) })),
      );
      await store.delete("a");
      await store.close();
      store = lmdbStore({ path, sweepIntervalMs: 5 });
    }
    await store.close();
    expect(await readdir(path)).toContain("data.mdb");
  });
});

interface Serving {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  untilLog(text: string): Promise<void>;
  stderr(): string;
}

/** `durable-streams serve`, which need not come to listen. */
function serve(args: readonly string[]): Serving {
  const child = spawn(process.execPath, [command, "serve", ...args]);
  let output = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  return {
    child,
    exited: new Promise((resolve) => child.once("exit", (code) => resolve(code))),
    untilLog: (text) => expect.poll(() => output + stderr, { timeout: 20_000 }).toContain(text),
    stderr: () => stderr,
  };
}

async function serveOnce(
  args: readonly string[],
): Promise<{ code: number | null; stderr: string }> {
  const serving = serve([...args, "--port", "0"]);
  const code = await serving.exited;
  return { code, stderr: serving.stderr() };
}
