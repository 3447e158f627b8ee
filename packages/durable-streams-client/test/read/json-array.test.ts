import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonArrayReader } from "../../src/read/json-array.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function readIn(bytes: Uint8Array, cuts: readonly number[]): unknown[] {
  const reader = new JsonArrayReader();
  const items: unknown[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    items.push(...reader.push(bytes.subarray(at, cut)));
    at = cut;
  }
  expect(reader.ended).toBe(true);
  return items;
}

const spaced = (items: unknown[]) =>
  ` [\r\n${items.map((i) => JSON.stringify(i)).join(" ,\t")} ]\n`;

test("JsonArrayReader reads any array, whole, byte by byte and cut anywhere", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      fc.array(fc.nat(200), { maxLength: 6 }),
      (items, nats) => {
        const bytes = encode(spaced(items));
        const expected = JSON.parse(JSON.stringify(items)) as unknown[];
        const cuts = nats.map((nat) => nat % bytes.length).sort((a, b) => a - b);
        expect(readIn(bytes, [])).toEqual(expected);
        expect(readIn(bytes, cuts)).toEqual(expected);
        expect(readIn(bytes, [...bytes.keys()])).toEqual(expected);
      },
    ),
  );
});

// Objects without spaces between them are where the reader guesses, and these are made to mislead it.
const tricky = fc.oneof(
  fc.record({ n: fc.nat(), text: fc.constantFrom("", '},{"', "\\", "é", "},{},") }),
  fc.record({ nested: fc.array(fc.record({ n: fc.nat(9) }), { maxLength: 4 }) }),
  fc.constantFrom<unknown>({}, [{}, {}], "},{", 7, null),
);

test("JsonArrayReader reads any array of objects, even if they contain what looks like an end", () => {
  fc.assert(
    fc.property(
      fc.array(tricky, { maxLength: 12 }),
      fc.array(fc.nat(400), { maxLength: 6 }),
      (items, nats) => {
        const bytes = encode(JSON.stringify(items));
        const cuts = nats.map((nat) => nat % bytes.length).sort((a, b) => a - b);
        expect(readIn(bytes, [])).toEqual(items);
        expect(readIn(bytes, cuts)).toEqual(items);
        expect(readIn(bytes, [...bytes.keys()])).toEqual(items);
      },
    ),
  );
});

test("JsonArrayReader returns an object as soon as the comma after it arrives, and what follows it", () => {
  const reader = new JsonArrayReader();
  expect(reader.push(encode('[{"a":1},{"b":2},'))).toEqual([{ a: 1 }, { b: 2 }]);
  expect(reader.push(encode('{"c":3},{"d":4}, 5, {"e":'))).toEqual([{ c: 3 }, { d: 4 }, 5]);
  expect(reader.push(encode('[{"f":6},{"g":7}]}'))).toEqual([]);
  expect(reader.push(encode(",{},{}]"))).toEqual([{ e: [{ f: 6 }, { g: 7 }] }, {}, {}]);
  expect(reader.ended).toBe(true);
});

test("JsonArrayReader returns an item as soon as the comma after it arrives", () => {
  const reader = new JsonArrayReader();
  expect(reader.push(encode('[{"a":"],\\"["}'))).toEqual([]);
  expect(reader.push(encode(", 2, [3"))).toEqual([{ a: '],"[' }, 2]);
  expect(reader.ended).toBe(false);
  expect(reader.push(encode("]]"))).toEqual([[3]]);
  expect(reader.ended).toBe(true);
});

test.each([
  '{"a":1}',
  "x",
  "[1,]",
  "[,]",
  "[1 2]",
  "[1]x",
  "[}",
  '["\u0001"]',
  "[tru]",
  "[{},{},]",
  "[{},,{}]",
])("JsonArrayReader rejects %s", (text) => {
  expect(() => {
    const reader = new JsonArrayReader();
    for (const byte of encode(text)) reader.push(Uint8Array.of(byte));
    if (!reader.ended) throw new SyntaxError("no end");
  }).toThrow(SyntaxError);
  expect(() => new JsonArrayReader().push(encode(text))).toThrow(SyntaxError);
});

test("JsonArrayReader rejects bytes that are not UTF-8", () => {
  expect(() => new JsonArrayReader().push(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d))).toThrow(
    TypeError,
  );
});

test("JsonArrayReader reads one large item in many pieces in linear time", () => {
  const reader = new JsonArrayReader();
  const piece = encode("x".repeat(1024));
  reader.push(encode('["'));
  for (let n = 0; n < 20_000; n++) reader.push(piece);
  const [item] = reader.push(encode('"]')) as [string];
  expect(item.length).toBe(20_000 * 1024);
});
