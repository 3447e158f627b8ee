import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseExactly } from "../../src/read/parse-json.ts";

test.each<[string, unknown]>([
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", "9007199254740992"],
  ["-9007199254740993", "-9007199254740993"],
  ["12345678901234567890123", "12345678901234567890123"],
  ['{"id":9007199254740993,"n":1}', { id: "9007199254740993", n: 1 }],
  ['["9007199254740993","\\"9007199254740993"]', ["9007199254740993", '"9007199254740993']],
  ['{"9007199254740993":[9007199254740993]}', { "9007199254740993": ["9007199254740993"] }],
  ["0.12345678901234567890", 0.12345678901234568],
  ["12345678901234567890.5", Number("12345678901234567890.5")],
  ["12345678901234567890e2", Number("12345678901234567890e2")],
  ["1e12345678901234567890", Infinity],
])("parseExactly(%s) keeps integers that a number cannot hold as text", (text, value) => {
  expect(parseExactly(text)).toEqual(value);
});

test("parseExactly does what JSON.parse does, but for integers beyond the safe ones", () => {
  fc.assert(
    fc.property(fc.json(), fc.bigInt(), (text, big) => {
      expect(parseExactly(text)).toEqual(
        JSON.parse(text, (_key, value: unknown) =>
          typeof value === "number" && Number.isInteger(value) && Math.abs(value) > 2 ** 53
            ? parseExactly(String(value))
            : value,
        ),
      );
      expect(BigInt(parseExactly(String(big)) as string)).toBe(big);
      expect(parseExactly(JSON.stringify({ text: `${big}${text}` }))).toEqual({
        text: `${big}${text}`,
      });
    }),
  );
});

test("parseExactly takes linear time, also for text that is not JSON", () => {
  const valid = JSON.stringify(Array.from({ length: 100_000 }, () => `1234567890123456"\\`));
  expect(parseExactly(valid)).toHaveLength(100_000);
  expect(() => parseExactly(`1234567890123456${'"'.repeat(1_000_000)}`)).toThrow(SyntaxError);
});
