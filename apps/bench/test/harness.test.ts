import { expect, test } from "vitest";
import { compare, median, percentile } from "../src/harness.ts";

test("a percentile is the value at the nearest rank", () => {
  const values = [5, 1, 4, 2, 3];
  expect([1, 20, 21, 50, 99, 100].map((percent) => percentile(values, percent))).toEqual([
    1, 1, 2, 3, 5, 5,
  ]);
  expect(median([2, 1])).toBe(1);
  expect(percentile([], 50)).toBeNaN();
});

test("a comparison runs every contestant for the check, the warm-ups and each round", async () => {
  const runs = [0, 0];
  const contestants = [0, 1].map((index) => ({
    name: `contestant ${index}`,
    run: (): string => {
      runs[index] = (runs[index] ?? 0) + 1;
      return "result";
    },
  }));
  const [first, second] = contestants;
  if (!first || !second) throw new Error("There are two contestants.");
  const { workload, rows } = await compare("count", {
    contestants: [first, second],
    equal: (ours, theirs) => ours === theirs,
    rounds: 8,
    warmUps: 1,
    units: 10,
  });
  expect(workload).toBe("count");
  // The first contestant's result is also the expected one.
  expect(runs).toEqual([1 + 1 + 1 + 8, 1 + 1 + 8]);
  expect(rows.map(({ name }) => name)).toEqual(["contestant 0", "contestant 1"]);
  expect(rows[0]?.ratio).toBe(1);
});

test("a comparison of different results throws before it measures", async () => {
  const comparing = compare("count", {
    contestants: [
      { name: "ours", run: () => 1 },
      { name: "theirs", run: () => 2 },
    ],
    equal: (ours, theirs) => ours === theirs,
  });
  await expect(comparing).rejects.toThrow("count: theirs has another result than ours.");
});
