import { strict as nodeAssert } from "node:assert";
import { expect, test } from "vitest";
import { assert } from "../../src/testing/assert.ts";

const values: readonly unknown[] = [
  ...[0, -0, 1, "", "a", true, null, undefined, Number.NaN, 1n],
  ...[[], [1], [1, 2], {}, { a: 1 }, { a: undefined }, { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
  ...[new Uint8Array(), new Uint8Array([1]), new Uint8Array([2])],
];

/** The same values again, made anew, so that no object is the same one. */
const copies: readonly unknown[] = structuredClone(values);

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

test.each(["equal", "notEqual", "deepEqual"] as const)(
  "assert.%s of the store kit decides as Node's own for every pair of values",
  (name) => {
    for (const actual of values) {
      for (const expected of [...values, ...copies]) {
        const ours = passes(() => assert[name](actual, expected));
        expect(ours, `${String(actual)} and ${String(expected)}`).toBe(
          passes(() => nodeAssert[name](actual, expected)),
        );
      }
    }
  },
);

test("a failed assertion has a message with both values, and the values", () => {
  const failing = () => assert.equal(1, "1", "the tail");
  expect(failing).toThrow('the tail: expected "1", got 1');
  expect(failing).toThrow(expect.objectContaining({ actual: 1, expected: "1" }));
  expect(() => assert.deepEqual(undefined, 1n)).toThrow("expected 1n, got undefined");
  expect(() => assert.ok(0, "it holds")).toThrow("it holds");
});

test("assert.rejects passes only for a rejection with that code", async () => {
  const rejected = (code: string) => Promise.reject(Object.assign(new Error("x"), { code }));
  await assert.rejects(rejected("A"), { code: "A" });
  const message = "Expected a rejection with code A";
  await expect(assert.rejects(rejected("B"), { code: "A" })).rejects.toThrow(message);
  await expect(assert.rejects(Promise.resolve(), { code: "A" })).rejects.toThrow(message);
});
