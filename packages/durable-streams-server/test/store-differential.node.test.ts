import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStore, type Store } from "../src/index.ts";
import { lmdbStore } from "../src/lmdb/index.ts";
import { postgresStore } from "../src/postgres/index.ts";
import { PostgresServer } from "./support/postgres.ts";

const RUNS = Number(process.env["DIFFERENTIAL_RUNS"] ?? 60);

const path = fc.constantFrom("a", "b", "c");
const data = fc
  .string({ minLength: 1, maxLength: 8 })
  .map((text) => new TextEncoder().encode(JSON.stringify(text)));
const contentType = fc.constantFrom("text/plain", "application/json", "TEXT/plain; charset=utf-8");

const create = fc.record({
  operation: fc.constant("create" as const),
  path,
  contentType: fc.option(contentType, { nil: undefined }),
  closed: fc.boolean(),
  data: fc.option(data, { nil: undefined }),
  ttlSeconds: fc.constantFrom(undefined, 1000),
  maxStreams: fc.constantFrom(undefined, 2),
  fork: fc.option(
    fc.record({
      path,
      position: fc.option(fc.nat(20), { nil: undefined }),
      subOffset: fc.constantFrom(0, 0, 1, 3),
    }),
    { nil: undefined },
  ),
});
const append = fc.record({
  operation: fc.constant("append" as const),
  path,
  contentType,
  close: fc.constantFrom(false, false, false, true),
  data,
  seq: fc.option(fc.constantFrom("1", "2", "10", "é"), { nil: undefined }),
  maxProducers: fc.constantFrom(undefined, 1),
  producer: fc.option(
    fc.record({ id: fc.constantFrom("p", 'q"\\'), epoch: fc.nat(2), seq: fc.nat(3) }),
    { nil: undefined },
  ),
});
const other = fc.record({
  operation: fc.constantFrom("delete" as const, "head" as const, "read" as const, "list" as const),
  path,
  position: fc.oneof(fc.nat(30), fc.constant("now" as const)),
  maxBytes: fc.constantFrom(1, 10, 1000),
});
// Several at once, as far as they do not depend on each other: one batch in the store.
const steps = fc.array(fc.oneof({ weight: 2, arbitrary: append }, create, other), {
  maxLength: 30,
});

type Step = typeof steps extends fc.Arbitrary<(infer Each)[]> ? Each : never;

const plain = { operation: "create" as const, contentType: undefined, closed: false };
const empty = { data: undefined, ttlSeconds: undefined, maxStreams: undefined, fork: undefined };
/** What has differed once: a limit is looked at before the source that a fork does not have. */
const examples: [Step[]][] = [
  [
    [
      { ...plain, ...empty, path: "b" },
      { ...plain, ...empty, path: "c" },
      {
        ...{ ...plain, ...empty, path: "a", maxStreams: 2 },
        fork: { path: "a", position: undefined, subOffset: 0 },
      },
    ],
  ],
];

async function perform(store: Store, step: Step): Promise<unknown> {
  switch (step.operation) {
    case "create":
      return store.create(step);
    case "append":
      return store.append(step);
    case "delete":
      return store.delete(step.path);
    case "head":
      return store.head(step.path);
    case "list":
      return store.list({ prefix: "", limit: 10 });
    case "read":
      return store.read(step);
  }
}

/** Without what differs from store to store: ids and times. Bytes as text. */
function comparable(outcome: unknown): unknown {
  const text = JSON.stringify({ outcome }, (key, value: unknown) => {
    if (["incarnation", "accessedAt", "touchDueAt"].includes(key)) return undefined;
    if (value instanceof Uint8Array) return new TextDecoder().decode(value);
    return isBufferJson(value) ? Buffer.from(value.data).toString() : value;
  });
  return JSON.parse(text);
}

function isBufferJson(value: unknown): value is { data: number[] } {
  return (value as { type?: unknown } | null)?.type === "Buffer";
}

let postgres: PostgresServer;
let schemas = 0;
let folder: string;

beforeAll(async () => {
  postgres = await PostgresServer.start(["fsync = off"]);
  folder = await mkdtemp(join(tmpdir(), "freshet-differential-"));
}, 120_000);
afterAll(async () => {
  await postgres.remove();
  await rm(folder, { recursive: true });
});

test.each([
  ["LMDB", () => lmdbStore({ path: join(folder, String(++schemas)) })],
  [
    "PostgreSQL",
    () => postgresStore({ url: postgres.url, schema: `d${++schemas}`, connections: 2 }),
  ],
])(
  "%s has the same outcome as memory for every sequence of operations",
  async (_, open) => {
    const property = fc.asyncProperty(steps, async (sequence) => {
      const memory = memoryStore();
      const store = open();
      try {
        for (const step of sequence) {
          const [expected, found] = [await perform(memory, step), await perform(store, step)];
          expect(comparable(found), JSON.stringify(step)).toEqual(comparable(expected));
        }
      } finally {
        await Promise.all([memory.close(), store.close()]);
      }
    });
    await fc.assert(property, { numRuns: RUNS, examples });
  },
  60_000,
);
