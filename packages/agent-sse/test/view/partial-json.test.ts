import fc from "fast-check";
import { expect, test } from "vitest";
import { partialJson } from "../../src/view/partial-json.ts";

test.each([
  ["", undefined],
  ["{", {}],
  ['{"a', {}],
  ['{"a"', {}],
  ['{"a":', {}],
  ['{"a":"', { a: "" }],
  ['{"a":"b', { a: "b" }],
  ['{"a":"b\\', { a: "b" }],
  ['{"a":"b\\u00e', { a: "b" }],
  ['{"a":"b\\u00e9', { a: "bé" }],
  ['{"a":1', {}],
  ['{"a":12,', { a: 12 }],
  ['{"a":tru', {}],
  ['{"a":true}', { a: true }],
  ['{"a":[1,{"b":[2,', { a: [1, { b: [2] }] }],
  ['{"a":[1,{"b":[2]},"x', { a: [1, { b: [2] }, "x"] }],
  ['{"a{,:}[":"]}', { "a{,:}[": "]}" }],
  ["nonsense", undefined],
])("partialJson of %s", (text, value) => {
  expect(partialJson(text)).toEqual(value);
});

test("partialJson has a value for every start of an object, and the whole one in the end", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value);
      for (let end = 1; end < text.length; end++) {
        expect(partialJson(text.slice(0, end))).toBeTypeOf("object");
      }
      expect(partialJson(text)).toEqual(JSON.parse(text));
    }),
  );
});
