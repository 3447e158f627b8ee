import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../src/testing/fixtures.ts";
import { PostgresServer } from "../support/postgres.ts";
import { buildCommand, ServerProcess } from "../support/server-process.ts";

let postgres: PostgresServer;
let a: ServerProcess;
let b: ServerProcess;

beforeAll(async () => {
  await buildCommand();
  postgres = await PostgresServer.start(["fsync = off"]);
  const start = () => ServerProcess.start(["--postgres", postgres.url]);
  [a, b] = await Promise.all([start(), start()]);
}, 120_000);

afterAll(async () => {
  await Promise.all([a.stop("SIGKILL"), b.stop("SIGKILL")]);
  await postgres.remove();
});

async function create(stream: string): Promise<void> {
  const headers = { "content-type": "text/plain" };
  const { status } = await fetch(`${a.url}/${stream}`, { method: "PUT", headers });
  expect(status).toBe(201);
}

/** An append of a producer; its text says which one it is. */
async function append(
  server: ServerProcess,
  stream: string,
  id: string,
  epoch: number,
  seq: number,
): Promise<{ status: number; epoch: string | null; seq: string | null }> {
  const response = await fetch(`${server.url}/${stream}`, {
    method: "POST",
    headers: {
      "content-type": "text/plain",
      "producer-id": id,
      "producer-epoch": String(epoch),
      "producer-seq": String(seq),
    },
    body: `<${id} ${epoch}:${seq}>`,
  });
  const { status, headers } = response;
  return { status, epoch: headers.get("producer-epoch"), seq: headers.get("producer-seq") };
}

test("a server measures how far its clock and the database's differ", async () => {
  await create("first");
  await until("the first sweep", async () => {
    return (await a.metric("durable_streams_clock_difference_seconds")) !== 0;
  });
  expect(Math.abs(await a.metric("durable_streams_clock_difference_seconds"))).toBeLessThan(1);
});

const read = async (stream: string) => (await fetch(`${a.url}/${stream}`)).text();

test("a request that one server stored is a repetition for the other, which knew the producer before", async () => {
  await create("sequence");
  expect(await append(b, "sequence", "p", 0, 0)).toMatchObject({ status: 200 });
  expect(await append(a, "sequence", "p", 0, 1)).toMatchObject({ status: 200 });
  expect(await append(b, "sequence", "q", 0, 0)).toMatchObject({ status: 200 });
  expect(await append(b, "sequence", "p", 0, 1)).toEqual({ status: 204, epoch: "0", seq: "1" });
  expect(await read("sequence")).toBe("<p 0:0><p 0:1><q 0:0>");
});

test("a producer that was taken over at one server is fenced at the other, which knew its old epoch", async () => {
  await create("epochs");
  expect(await append(b, "epochs", "p", 0, 0)).toMatchObject({ status: 200 });
  expect(await append(a, "epochs", "p", 1, 0)).toMatchObject({ status: 200 });
  expect(await append(b, "epochs", "q", 0, 0)).toMatchObject({ status: 200 });
  expect(await append(b, "epochs", "p", 0, 1)).toMatchObject({ status: 403, epoch: "1" });
  expect(await append(a, "epochs", "p", 1, 1)).toMatchObject({ status: 200 });
  expect(await read("epochs")).toBe("<p 0:0><p 1:0><q 0:0><p 1:1>");
});

test("a producer goes on at a server that knew it before others wrote there", async () => {
  await create("gap");
  expect(await append(b, "gap", "p", 0, 0)).toMatchObject({ status: 200 });
  expect(await append(a, "gap", "p", 0, 1)).toMatchObject({ status: 200 });
  expect(await append(b, "gap", "q", 0, 0)).toMatchObject({ status: 200 });
  expect(await append(b, "gap", "p", 0, 2)).toMatchObject({ status: 200 });
  expect(await read("gap")).toBe("<p 0:0><p 0:1><q 0:0><p 0:2>");
});
