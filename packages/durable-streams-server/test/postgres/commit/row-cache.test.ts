import { expect, test } from "vitest";
import { applyBatch } from "../../../src/postgres/commit/apply-batch.ts";
import { LoadedRows, producerKey } from "../../../src/postgres/commit/loaded-rows.ts";
import { RowCache } from "../../../src/postgres/commit/row-cache.ts";
import { appendMutation } from "../../../src/store/mutation.ts";
import type { ProducerState, StreamRecord } from "../../../src/store/stream-record.ts";

const MIB = 1024 * 1024;

const record = (id: number, path: string): StreamRecord => ({
  id,
  path,
  contentType: "text/plain",
  createdAt: 0,
  accessedAt: 0,
  tail: 0,
  closed: false,
  producers: 0,
  forks: 0,
  deleted: false,
  requested: {},
});

/** Appends of one producer to one stream, found at a version and committed there. */
function commitAppend(
  cache: RowCache,
  stream: StreamRecord,
  version: number,
  producerId: string,
  state: ProducerState | null = null,
): void {
  const rows = new LoadedRows();
  rows.add({ record: stream, version });
  rows.producers.set(producerKey(stream.id, producerId), state);
  const append = appendOf(stream.path, producerId, (state?.lastSeq ?? -1) + 1);
  const { tx } = applyBatch([append], rows, 0);
  cache.keep([append], tx, rows);
}

const appendOf = (path: string, id: string, seq: number) =>
  appendMutation({
    path,
    contentType: "text/plain",
    data: new Uint8Array(1),
    close: false,
    producer: { id, epoch: 0, seq },
  });

test("producers are known as long as nobody else has changed the row of their stream", () => {
  const cache = new RowCache();
  const stream = record(1, "a");
  commitAppend(cache, stream, 1, "p");
  commitAppend(cache, stream, 2, "q");
  const state = (id: string) =>
    cache.rowsFor([appendOf("a", id, 1)])?.producers.get(producerKey(1, id));
  expect(state("p")).toEqual({ epoch: 0, lastSeq: 0 });
  expect(state("q")).toEqual({ epoch: 0, lastSeq: 0 });
  expect(state("r")).toBeUndefined();
  // Another process wrote version 4.
  for (let version = 4; version < 10; version++) commitAppend(cache, stream, version, "q");
  expect(state("q")).toEqual({ epoch: 0, lastSeq: 0 });
  expect(cache.rowsFor([appendOf("a", "p", 1)])).toBeUndefined();
});

test("a stream made anew at a path has none of the producers of the old one", () => {
  const cache = new RowCache();
  commitAppend(cache, record(1, "a"), 1, "p");
  commitAppend(cache, record(2, "a"), 2, "q");
  expect(cache.rowsFor([appendOf("a", "q", 1)])).toBeDefined();
  expect(cache.rowsFor([appendOf("a", "p", 1)])).toBeUndefined();
  expect(cache.guessFor([appendOf("a", "p", 1)])).toBeUndefined();
});

for (const [what, streams, producers] of [
  ["many streams", 40_000, 1],
  ["many producers with long names", 10, 4000],
] as const) {
  test(`the rows of ${what} take up at most 32 MiB, and those used last stay`, () => {
    const cache = new RowCache();
    const paths = Array.from({ length: streams }, (_, n) => "x".repeat(100) + String(n));
    const names = Array.from({ length: producers }, (_, n) => "y".repeat(500) + String(n));
    let most = 0;
    for (const [index, path] of paths.entries()) {
      for (const [n, name] of names.entries()) {
        commitAppend(cache, record(index + 1, path), n + 1, name);
        most = Math.max(most, cache.bytes);
      }
    }
    expect(most).toBeGreaterThan(30 * MIB);
    expect(most).toBeLessThanOrEqual(32 * MIB);
    const last = paths.at(-1) ?? "";
    expect(cache.rowsFor([appendOf(last, names.at(-1) ?? "", 1)])).toBeDefined();
    expect(cache.rowsFor([appendOf(paths[0] ?? "", names[0] ?? "", 1)])).toBeUndefined();
    cache.forget(paths.map((path) => appendOf(path, "", 0)));
    expect(cache.bytes).toBe(0);
  });
}
