import { expect, test } from "vitest";
import { GroupCommit } from "../../src/store/group-commit.ts";
import type { Mutation } from "../../src/store/mutation.ts";

const MIB = 1024 * 1024;

/** Commits mutations with so much data that wait together, and returns what was in each batch. */
async function batchesOf(sizes: readonly (number | undefined)[]): Promise<unknown[]> {
  const batches: unknown[] = [];
  const commits = new GroupCommit((mutations) => {
    batches.push(mutations.map(({ bytes }) => bytes));
    return Promise.resolve(mutations.map(() => undefined));
  });
  const mutation = (bytes: number | undefined): Mutation<void> => ({
    path: "a",
    bytes,
    apply: () => undefined,
    isChange: () => false,
  });
  await Promise.all(sizes.map((bytes) => commits.run(mutation(bytes))));
  return batches;
}

test("a batch ends before it has more than 4 MiB of data", async () => {
  const sizes = [MIB, 2 * MIB, MIB, 1, 4 * MIB, undefined, 3 * MIB];
  expect(await batchesOf(sizes)).toEqual([
    [MIB, 2 * MIB, MIB],
    [1],
    [4 * MIB, undefined],
    [3 * MIB],
  ]);
});

test("a mutation with more data than a batch may have is a batch of its own", async () => {
  const sizes = [8 * MIB, 8 * MIB, 1];
  expect(await batchesOf(sizes)).toEqual([[8 * MIB], [8 * MIB], [1]]);
});

test("a batch has at most 1024 mutations", async () => {
  const batches = await batchesOf(Array<undefined>(1500).fill(undefined));
  expect(batches.map((batch) => (batch as unknown[]).length)).toEqual([1024, 476]);
});
