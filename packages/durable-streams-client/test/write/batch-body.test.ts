import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BatchBody, ByteBody, JsonBody } from "../../src/write/batch-body.ts";
import { type Encoded, encodeValue } from "../../src/write/encode.ts";

const sizeOf = (body: Encoded | undefined) => new Blob([(body ?? "") as string]).size;
const textOf = async (body: Encoded | undefined) => new Blob([(body ?? "") as string]).text();

/** Fills a body with the first of the values and checks that it took as many as fit. */
function fill(body: BatchBody, values: readonly Encoded[], maxBytes: number): number {
  let count = 0;
  while (count < values.length && body.add(values[count] ?? "", maxBytes)) count++;
  expect(body.length).toBe(count);
  if (count < values.length) expect(count).toBeGreaterThan(0);
  if (count > 1) expect(sizeOf(body.encode(0, count))).toBeLessThanOrEqual(maxBytes);
  return count;
}

const json = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ stringUnit: "binary" }) },
  fc.string({ minLength: 1000, maxLength: 9000, unit: "grapheme" }),
);

describe("JsonBody", () => {
  test("contains the values in order, as many as fit, whole, in part or without some", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(json, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(1, 30, 500, 20_000, 1_000_000),
        fc.nat(),
        fc.nat(),
        async (values, maxBytes, a, b) => {
          const body = new JsonBody();
          const texts = values.map((value) => encodeValue(value, true) as string);
          const count = fill(body, texts, maxBytes);
          const next = texts[count];
          if (next !== undefined) {
            const together = `[${texts.slice(0, count + 1).join(",")}]`;
            expect(sizeOf(together)).toBeGreaterThan(maxBytes);
          }
          expect(await textOf(body.encode(0, count))).toBe(`[${texts.slice(0, count).join(",")}]`);
          const from = a % count;
          const part = texts.slice(from);
          expect(await textOf(body.encode(from, count))).toBe(
            `[${part.slice(0, count - from).join(",")}]`,
          );
          const dropped = new Set([b % count]);
          const kept = texts.slice(0, count).filter((_text, index) => !dropped.has(index));
          const rest = body.encode(0, count, dropped);
          if (kept.length === 0) expect(rest).toBeUndefined();
          else expect(await textOf(rest)).toBe(`[${kept.join(",")}]`);
          expect(body.values(from)).toEqual(
            texts.slice(from, count).map((text) => JSON.parse(text) as unknown),
          );
        },
      ),
    );
  });

  test("encodes many small values in groups", async () => {
    const body = new JsonBody();
    const values = Array.from({ length: 3000 }, (_value, n) => ({ n, text: "é".repeat(n % 7) }));
    const texts = values.map((value) => JSON.stringify(value));
    expect(fill(body, texts, 1_000_000)).toBe(3000);
    expect(JSON.parse(await textOf(body.encode(0, 3000)))).toEqual(values);
    expect(JSON.parse(await textOf(body.encode(999, 1001)))).toEqual(values.slice(999, 1001));
    expect(body.values(2998)).toEqual(values.slice(2998));
    expect(body.isFull(1_000_000)).toBe(false);
    expect(body.isFull(1000)).toBe(true);
  });
});

test("ByteBody contains text and bytes in order, as many as fit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, unit: "grapheme" }), { minLength: 1 }),
      fc.integer({ min: 1, max: 60 }),
      async (texts, maxBytes) => {
        const body = new ByteBody();
        const values = texts.map((text, n) => (n % 2 === 0 ? text : encodeValue(text, false)));
        const sizeOf = (count: number) =>
          new TextEncoder().encode(texts.slice(0, count).join("")).length;
        const count = fill(body, values, maxBytes);
        if (count > 1) expect(sizeOf(count)).toBeLessThanOrEqual(maxBytes);
        if (count < texts.length) expect(sizeOf(count + 1)).toBeGreaterThan(maxBytes);
        expect(await textOf(body.encode(0, count))).toBe(texts.slice(0, count).join(""));
        expect(body.values(1)).toEqual(values.slice(1, count));
        expect(await textOf(body.encode(0, count, new Set([0])))).toBe(
          texts.slice(1, count).join(""),
        );
      },
    ),
  );
});
