import { afterEach, beforeAll, expect, test } from "vitest";
import { LiveReader } from "./support/live-reader.ts";
import { PostgresServer } from "./support/postgres.ts";
import { createStream, Producers } from "./support/producers.ts";
import { buildCommand, ServerProcess } from "./support/server-process.ts";

/** How often the server is killed. */
const KILLS = Number(process.env["FAULT_KILLS"] ?? 20);
const PRODUCERS = 32;

const cleanUps: (() => Promise<unknown>)[] = [];

beforeAll(buildCommand, 120_000);
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, 60_000);

async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const postgres = await PostgresServer.start(settings);
  cleanUps.push(() => postgres.remove());
  return postgres;
}

async function startServer(url: string): Promise<ServerProcess> {
  const server = await ServerProcess.start(["--postgres", url]);
  cleanUps.push(() => server.stop("SIGKILL"));
  return server;
}

const namesOf = (server: ServerProcess) => [0, 1, 2, 3].map((n) => `${server.url}/stream-${n}`);

test("a server on PostgreSQL that is killed repeatedly loses nothing and stores nothing twice", async () => {
  const { url } = await startPostgres();
  const server = await startServer(url);
  for (const stream of namesOf(server)) await createStream(stream);
  const producers = new Producers(namesOf(server), PRODUCERS);
  for (let kill = 0; kill < KILLS; kill++) {
    await producers.more(40 + Math.floor(Math.random() * 200));
    await server.killAndRestart();
  }
  await producers.more(100);
  await producers.stop();
  await producers.check();
  expect(await server.stop()).toBe(0);
}, 120_000);

test("live readers on one server get each message of another on the same database, which is killed repeatedly", async () => {
  const { url } = await startPostgres();
  const [writing, reading] = await Promise.all([startServer(url), startServer(url)]);
  for (const stream of namesOf(writing)) await createStream(stream);
  const readers = namesOf(reading).map((stream) => new LiveReader(stream));
  const producers = new Producers(namesOf(writing), PRODUCERS);
  for (let kill = 0; kill < Math.ceil(KILLS / 4); kill++) {
    await producers.more(200);
    await writing.killAndRestart();
  }
  await producers.stop();
  await Promise.all(
    namesOf(writing).map((stream) =>
      fetch(stream, { method: "POST", headers: { "stream-closed": "true" } }),
    ),
  );
  for (const [index, reader] of readers.entries()) {
    producers.checkMessages(index, await reader.untilClosed());
  }
}, 120_000);

test("a database that is stopped immediately and started again loses nothing", async () => {
  const postgres = await startPostgres();
  const server = await startServer(postgres.url);
  for (const stream of namesOf(server)) await createStream(stream);
  const producers = new Producers(namesOf(server), PRODUCERS);
  for (let stop = 0; stop < 2; stop++) {
    await producers.more(300);
    await postgres.stop("immediate");
    const response = await fetch(`${server.url}/stream-0`, { method: "HEAD" });
    expect(response.status).toBe(503);
    expect((await fetch(`${server.origin}/healthz`)).status).toBe(503);
    await postgres.run();
  }
  await producers.more(300);
  await producers.stop();
  await producers.check();
}, 120_000);

test("a replica that is promoted after the primary was killed has everything that was acknowledged", async () => {
  const primary = await startPostgres(["wal_level = replica"]);
  const replica = await PostgresServer.replicaOf(primary, "standby");
  cleanUps.push(() => replica.remove());
  await primary.waitFor("standby", [
    "synchronous_standby_names = 'standby'",
    "synchronous_commit = remote_apply",
  ]);
  const hosts = `127.0.0.1:${primary.port},127.0.0.1:${replica.port}`;
  const server = await startServer(
    `postgres://streams@${hosts}/postgres?target_session_attrs=read-write`,
  );
  for (const stream of namesOf(server)) await createStream(stream);
  const producers = new Producers(namesOf(server), PRODUCERS);
  await producers.more(500);
  await primary.stop("immediate");
  replica.promote();
  await producers.more(500);
  await producers.stop();
  await producers.check();
}, 120_000);
