import { connect, createServer, type Server, type Socket } from "node:net";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStore } from "../../../src/postgres/index.ts";
import { PostgresServer } from "../../support/postgres.ts";

/** A network between a store and its database that can lose data. */
class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(port, "127.0.0.1");
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
      }
      client.pipe(upstream).pipe(client);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as { port: number }).port;
  }

  /** As when a machine loses its power: the connections stay open and silent. New ones work. */
  fallSilent(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** As when a server ends: its connections are closed in good order. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** Takes a lock that lets nobody write. */
async function lockStreams(): Promise<() => Promise<void>> {
  const sql = postgres(database.url, { max: 1, fetch_types: false, onnotice: () => undefined });
  const released = new AbortController();
  const locked = new AbortController();
  const until = ({ signal }: AbortController) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  const [isLocked, isReleased] = [until(locked), until(released)];
  const holding = sql.begin(async (connection) => {
    await connection`LOCK TABLE durable_streams.streams`;
    locked.abort();
    await isReleased;
  });
  await isLocked;
  return async () => {
    released.abort();
    await holding;
    await sql.end();
  };
}

let database: PostgresServer;
beforeAll(async () => {
  database = await PostgresServer.start();
}, 60_000);
afterAll(() => database.remove());

test("a database that falls silent is an error, and is then reached on other connections", async () => {
  const network = new Network(database.port);
  const port = await network.listen();
  const url = database.url.replace(String(database.port), String(port));
  const store = postgresStore({ url, queryTimeoutMs: 2000 });
  const elsewhere = postgresStore({ url: database.url });
  const append = (to: typeof store) =>
    to.append({
      path: "a",
      contentType: "text/plain",
      close: false,
      data: new TextEncoder().encode("x"),
    });
  try {
    await store.create({ path: "a", contentType: "text/plain", closed: false });
    let wakes = 0;
    store.subscribe("a", () => wakes++);
    expect(await append(store)).toMatchObject({ status: "appended", tail: 1 });
    network.fallSilent();
    const silent = append(store);
    await expect(silent).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(silent).rejects.toThrow("queryTimeoutMs");
    expect(await append(store)).toMatchObject({ status: "appended" });
    // The store also listens again.
    const before = wakes;
    const heard = async () => {
      await append(elsewhere);
      return wakes;
    };
    await expect.poll(heard, { timeout: 20_000, interval: 100 }).toBeGreaterThan(before + 2);
    network.fallSilent();
  } finally {
    await store.close();
    await elsewhere.close();
    network.close();
  }
}, 60_000);

test("a connection that ends in the middle of a transaction is an error and does not end the process", async () => {
  const network = new Network(database.port);
  const port = await network.listen();
  const url = database.url.replace(String(database.port), String(port));
  const store = postgresStore({ url, queryTimeoutMs: 5000 });
  const create = (path: string) => store.create({ path, contentType: "text/plain", closed: false });
  const outcome = async (path: string): Promise<unknown> => {
    try {
      return (await create(path)).status;
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };
  try {
    await create("before");
    const unlock = await lockStreams();
    const created = outcome("cut");
    await expect.poll(waitingForLocks, { timeout: 20_000 }).toBeGreaterThan(0);
    network.hangUp();
    expect(await created).toBe("STORE_UNAVAILABLE");
    await unlock();
    await expect.poll(() => outcome("after"), { timeout: 40_000 }).toBe("created");
  } finally {
    await store.close();
    network.close();
  }
}, 90_000);

/** How many sessions wait for a lock. */
async function waitingForLocks(): Promise<number> {
  const sql = postgres(database.url, { max: 1, fetch_types: false, onnotice: () => undefined });
  const [row] = await sql`SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted`;
  await sql.end();
  return Number(row?.["n"]);
}
