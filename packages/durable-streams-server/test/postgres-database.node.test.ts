import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStore } from "../src/postgres/index.ts";
import { PostgresServer } from "./support/postgres.ts";

/** A network between a store and its database, that can lose what it carries. */
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

  /** As when a machine loses its power: nobody says that the connections are gone. New ones work. */
  fallSilent(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

let database: PostgresServer;
beforeAll(async () => {
  database = await PostgresServer.start();
}, 60_000);
afterAll(() => database.remove());

test("a database that falls silent is an error, and is asked again on other connections", async () => {
  const network = new Network(database.port);
  const port = await network.listen();
  const url = database.url.replace(String(database.port), String(port));
  const store = postgresStore({ url, answerTimeoutMs: 2000 });
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
    const unanswered = append(store);
    await expect(unanswered).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(unanswered).rejects.toThrow("answerTimeoutMs");
    expect(await append(store)).toMatchObject({ status: "appended" });
    // It also listens again.
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
