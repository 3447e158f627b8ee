import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { AppendOutcome, AppendRequest, Store } from "../../../src/index.ts";
import { CommutingCommit } from "../../../src/postgres/commit/commuting-commit.ts";
import { LockedCommit } from "../../../src/postgres/commit/locked-commit.ts";
import { postgresStore } from "../../../src/postgres/index.ts";
import { appendText, createText, readText } from "../../../src/testing/fixtures.ts";
import { PostgresServer } from "../../support/postgres.ts";

let server: PostgresServer;
let a: Store;
let b: Store;
let schemas = 0;

beforeAll(async () => {
  server = await PostgresServer.start(["fsync = off"]);
}, 120_000);

afterAll(() => server.remove());

/** A stream that both write to, which both know, and where p has sent 0 and 1, and q has sent 0. */
beforeEach(async () => {
  const schema = `commuting_${++schemas}`;
  const open = () => postgresStore({ url: server.url, schema, connections: 4 });
  [a, b] = [open(), open()];
  await createText(a, "s");
  await send(a, "p", 0);
  await send(b, "q", 0);
  await send(a, "p", 1);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([a.close(), b.close()]);
});

function send(
  store: Store,
  id: string,
  seq: number,
  more: Partial<AppendRequest> & { epoch?: number } = {},
): Promise<AppendOutcome> {
  const { epoch = 0, ...rest } = more;
  const producer = { id, epoch, seq };
  return appendText(store, "s", `<${id} ${epoch}:${seq}>`, { producer, ...rest });
}

const START = "<p 0:0><q 0:0><p 0:1>";

test("appends to a stream that another process has appended to need no lock", async () => {
  const locked = vi.spyOn(LockedCommit.prototype, "commit");
  await send(b, "q", 1);
  const before = locked.mock.calls.length;
  const outcomes = await Promise.all([send(a, "p", 2), appendText(a, "s", "x"), send(a, "p", 3)]);
  expect(locked.mock.calls.length).toBe(before);
  const texts = ["<p 0:2>", "x", "<p 0:3>"];
  let tail = `${START}<q 0:1>`.length;
  for (const [index, text] of texts.entries()) {
    tail += text.length;
    expect(outcomes[index]).toMatchObject({ status: "appended", tail, closed: false });
  }
  expect(await readText(b, "s")).toBe(`${START}<q 0:1>${texts.join("")}`);
  expect(await a.head("s")).toMatchObject({ stream: { tail, contentType: "text/plain" } });
});

/** What another process does, and what an append of p that does not know it must become. */
const meanwhile: Record<string, [() => Promise<unknown>, Partial<AppendOutcome>]> = {
  "the same append is stored": [() => send(b, "p", 2), { status: "duplicate", lastSeq: 2 }],
  "a later append of it is stored": [
    async () => [await send(b, "p", 2), await send(b, "p", 3)],
    { status: "duplicate", lastSeq: 3 },
  ],
  "the producer is taken over": [
    () => send(b, "p", 0, { epoch: 1 }),
    { status: "stale-epoch", epoch: 1 },
  ],
  "the stream is closed": [
    () => appendText(b, "s", undefined, { close: true }),
    { status: "closed", tail: START.length },
  ],
  "the stream is deleted": [() => b.delete("s"), { status: "missing" }],
  "the stream is deleted and kept for a fork": [
    async () => {
      await createText(b, "fork", { fork: { path: "s", subOffset: 0 } });
      await b.delete("s");
    },
    { status: "deleted" },
  ],
  "the stream is made anew": [
    async () => {
      await b.delete("s");
      await createText(b, "s");
    },
    { status: "sequence-gap", expected: 0 },
  ],
};

for (const [what, [act, expected]] of Object.entries(meanwhile)) {
  test(`an append while ${what} elsewhere is decided by what is stored now`, async () => {
    const commuting = vi.spyOn(CommutingCommit.prototype, "commit");
    await act();
    const content = async () => {
      const page = await b.read({ path: "s", position: 0, maxBytes: 1000 });
      return page.status === "ok" ? page.records.map(({ data }) => String(data)) : page.status;
    };
    const before = await content();
    expect(await send(a, "p", 2)).toMatchObject(expected);
    expect(commuting).toHaveBeenCalled();
    expect(await content()).toEqual(before);
  });
}

/** Requests that depend on more than the end of the stream. */
const others: Record<string, [Partial<AppendRequest>, AppendOutcome["status"]]> = {
  "closes the stream": [{ close: true }, "appended"],
  "has a Stream-Seq": [{ seq: "2" }, "appended"],
  "has a Stream-Seq that another process has used": [{ seq: "1" }, "seq-conflict"],
  "has another Content-Type": [{ contentType: "text/other" }, "content-type-mismatch"],
  "is the first of a producer": [{ producer: { id: "new", epoch: 0, seq: 0 } }, "appended"],
  "is of one producer too many": [
    { producer: { id: "new", epoch: 0, seq: 0 }, maxProducers: 2 },
    "too-many-producers",
  ],
  "begins a new epoch": [{ producer: { id: "p", epoch: 1, seq: 0 } }, "appended"],
  "skips one": [{ producer: { id: "p", epoch: 0, seq: 3 } }, "sequence-gap"],
};

for (const [what, [request, status]] of Object.entries(others)) {
  test(`an append that ${what} gets the outcome of one store`, async () => {
    await send(b, "q", 1, { seq: "1" });
    expect(await send(a, "p", 2, request)).toMatchObject({ status });
    const isStored = status === "appended";
    expect(await b.head("s")).toMatchObject({ stream: { closed: request.close ?? false } });
    const text = await readText(b, "s");
    expect(text).toBe(`${START}<q 0:1>${isStored ? "<p 0:2>" : ""}`);
  });
}
