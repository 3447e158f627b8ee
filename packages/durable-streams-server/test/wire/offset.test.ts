import { expect, test } from "vitest";
import { formatOffset, isWithoutGeneration, parseOffset } from "../../src/wire/offset.ts";

test("offsets sort by generation and position, and parse back to them", () => {
  const numbers = [1, 9, 10, 12_345, Number.MAX_SAFE_INTEGER];
  const all = numbers.flatMap((generation) =>
    [0, ...numbers].map((position) => ({ generation, position })),
  );
  const offsets = all.map(formatOffset);
  expect([...offsets].sort()).toEqual(offsets);
  expect(offsets.map(parseOffset)).toEqual(all);
});

test("zeros are the start of any stream", () => {
  const start = { generation: undefined, position: 0 };
  expect(parseOffset(`${"0".repeat(16)}_${"0".repeat(16)}`)).toEqual(start);
});

test.each(["", "1", "now", "-1", "9".repeat(33), `1_${"0".repeat(16)}`, "0000000000000000_1"])(
  "%j is not parsed as an offset",
  (offset) => {
    expect(parseOffset(offset)).toBeUndefined();
    expect(isWithoutGeneration(offset)).toBe(false);
  },
);

test("an offset without a generation is recognised as one of an earlier version", () => {
  const old = "0000000000000000_0000000000000010";
  expect(parseOffset(old)).toBeUndefined();
  expect(isWithoutGeneration(old)).toBe(true);
});
