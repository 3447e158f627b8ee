import fc from "fast-check";
import { expect, test } from "vitest";
import { firstMessages, flattenJson } from "../../src/wire/json-messages.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

test("one level of array is flattened, with any space around it", () => {
  expect(decode(flattenJson(encode('{"a":1}')))).toBe('{"a":1}');
  expect(decode(flattenJson(encode(' \n [1, [2], "]"] \t')))).toBe('1, [2], "]"');
  expect(flattenJson(encode("[ ]")).byteLength).toBe(0);
});

test.each(["", "{", "[1,]", "\ufeff1", "01", "undefined"])("%j is refused as JSON", (text) => {
  expect(() => flattenJson(encode(text))).toThrow();
});

test("text that is not UTF-8 is refused as JSON", () => {
  expect(() => flattenJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow();
});

test("the first messages of a record are the first elements of the array", () => {
  const property = fc.property(
    fc.array(fc.jsonValue(), { minLength: 1 }),
    fc.nat(),
    (values, n) => {
      const count = 1 + (n % values.length);
      const record = flattenJson(encode(JSON.stringify(values, undefined, n % 3)));
      const first = firstMessages(record, count);
      expect(JSON.parse(`[${decode(first) ?? ""}]`)).toEqual(
        JSON.parse(JSON.stringify(values.slice(0, count))),
      );
      expect(firstMessages(record, values.length + 1)).toBeUndefined();
    },
  );
  fc.assert(property, { numRuns: 500 });
});
