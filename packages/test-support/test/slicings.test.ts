import { expect, test } from "vitest";
import {
  concatenate,
  cutAt,
  cutAtRandom,
  cutEvery,
  everyCut,
  slicings,
  utf8,
} from "../src/index.ts";

const bytes = utf8("a text that is long enough to be cut into chunks at many places");

test.each(slicings)("%s: the chunks make up the bytes again", (_, cut) => {
  const chunks = cut(bytes);
  expect(concatenate(...chunks)).toEqual(bytes);
  expect(chunks.every((chunk) => chunk.byteLength > 0)).toBe(true);
});

test("chunks of one size and at positions are cut there", () => {
  expect(cutEvery(utf8("abcde"), 2)).toEqual([utf8("ab"), utf8("cd"), utf8("e")]);
  expect(cutAt(utf8("abc"), [1, 1])).toEqual([utf8("a"), utf8(""), utf8("bc")]);
});

test("random chunks repeat for the same seed and differ for another", () => {
  expect(cutAtRandom(bytes, 7, 9)).toEqual(cutAtRandom(bytes, 7, 9));
  expect(cutAtRandom(bytes, 7, 9)).not.toEqual(cutAtRandom(bytes, 8, 9));
});

test("every cut in two has the bytes on one side or the other", () => {
  const pairs = everyCut(bytes);
  expect(pairs).toHaveLength(bytes.byteLength + 1);
  for (const [at, pair] of pairs.entries()) {
    expect(pair[0]).toEqual(bytes.slice(0, at));
    expect(concatenate(...pair)).toEqual(bytes);
  }
});

test("chunks are copies that a parser cannot read beyond", () => {
  const [first] = cutEvery(bytes, 5);
  expect(first?.buffer.byteLength).toBe(5);
});
