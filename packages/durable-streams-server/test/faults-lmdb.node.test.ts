import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createStream, Producers } from "./support/producers.ts";
import { buildCommand, ServerProcess } from "./support/server-process.ts";

/** How often the server is killed. */
const KILLS = Number(process.env["FAULT_KILLS"] ?? 20);
const PRODUCERS = 32;

let path: string;

beforeAll(buildCommand, 120_000);
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "freshet-faults-"));
});
afterEach(() => rm(path, { recursive: true }));

test("a server on LMDB that is killed repeatedly loses nothing and stores nothing twice", async () => {
  const server = await ServerProcess.start(["--data", path, "--log-level", "info"]);
  const streams = [0, 1, 2, 3].map((n) => `${server.url}/killed-${n}`);
  for (const stream of streams) await createStream(stream);
  const producers = new Producers(streams, PRODUCERS);
  for (let kill = 0; kill < KILLS; kill++) {
    await producers.more(40 + Math.floor(Math.random() * 200));
    await server.killAndRestart();
  }
  await producers.more(100);
  expect(await producers.stop()).toBeGreaterThan(KILLS * 40);
  await producers.check();
  await server.killAndRestart();
  await producers.check();
  expect(await server.stop()).toBe(0);
}, 120_000);
