import { concatenate } from "@freshet/test-support";
import { describe, expect, test } from "vitest";
import { decodeHeaders, decodeMessage, type EventStreamErrorCode } from "../../src/index.ts";
import { errorOf, rawFrame, rawHeader } from "../support/frames.ts";

const good = rawHeader("good", 7, [0, 1, 0x78]);
/** A timestamp header of so many milliseconds. */
function timestamp(ms: bigint): Uint8Array {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigInt64(0, ms);
  return rawHeader("t", 8, [...value]);
}

describe("a bad header is an error, wherever it is", () => {
  const cases: [string, Uint8Array, EventStreamErrorCode, string | undefined][] = [
    ["an empty name", Uint8Array.of(0, 0), "HEADER_NAME_INVALID", undefined],
    ["a name that is cut off", Uint8Array.of(5, 0x61), "HEADER_NAME_INVALID", undefined],
    ["a name alone", Uint8Array.of(1), "HEADER_NAME_INVALID", undefined],
    ["a name that is not UTF-8", Uint8Array.of(2, 0xc3, 0x28, 0), "HEADER_NAME_INVALID", undefined],
    ["no type", Uint8Array.of(1, 0x61), "HEADER_VALUE_INVALID", "a"],
    ["type 10", rawHeader("a", 10, []), "HEADER_TYPE_UNKNOWN", "a"],
    ["type 255", rawHeader("a", 255, [0]), "HEADER_TYPE_UNKNOWN", "a"],
    ["a byte that is cut off", rawHeader("a", 2, []), "HEADER_VALUE_INVALID", "a"],
    ["a short that is cut off", rawHeader("a", 3, [0]), "HEADER_VALUE_INVALID", "a"],
    ["an integer that is cut off", rawHeader("a", 4, [0, 0, 0]), "HEADER_VALUE_INVALID", "a"],
    ["a long that is cut off", rawHeader("a", 5, [0, 0, 0, 0]), "HEADER_VALUE_INVALID", "a"],
    ["binary without a length", rawHeader("a", 6, [0]), "HEADER_VALUE_INVALID", "a"],
    ["binary that is cut off", rawHeader("a", 6, [0, 2, 1]), "HEADER_VALUE_INVALID", "a"],
    ["a string that is cut off", rawHeader("a", 7, [0, 2, 1]), "HEADER_VALUE_INVALID", "a"],
    ["a string that is not UTF-8", rawHeader("a", 7, [0, 1, 0xff]), "HEADER_VALUE_INVALID", "a"],
    ["an overlong string", rawHeader("a", 7, [0, 2, 0xc0, 0x80]), "HEADER_VALUE_INVALID", "a"],
    ["half a pair", rawHeader("a", 7, [0, 3, 0xed, 0xa0, 0x80]), "HEADER_VALUE_INVALID", "a"],
    ["a timestamp cut off", rawHeader("a", 8, [0, 0, 0, 0, 0, 0, 0]), "HEADER_VALUE_INVALID", "a"],
    [
      "a uuid that is cut off",
      rawHeader("a", 9, Array<number>(15).fill(1)),
      "HEADER_VALUE_INVALID",
      "a",
    ],
    ["a name twice", rawHeader("good", 0, []), "HEADER_DUPLICATE", "good"],
  ];
  test.each(cases)("%s", (_, bad, code, headerName) => {
    const block = concatenate(good, bad);
    const alone = errorOf(() => decodeHeaders(block));
    expect(alone).toMatchObject({ code, offset: 0 });
    expect(alone.headerName).toBe(headerName);
    // What follows the headers in a frame must not be taken for the rest of one.
    const frame = rawFrame({ headers: block, payload: new Uint8Array(40).fill(0x61) });
    const error = errorOf(() => decodeMessage(frame));
    expect(error).toMatchObject({ code, offset: 0 });
    expect(error.headerName).toBe(headerName);
    if (headerName !== undefined) expect(error.message).toContain(`"${headerName}"`);
  });
});

test("timestamps that a Date can hold are read, and all others are errors", () => {
  const decode = (ms: bigint) => decodeHeaders(timestamp(ms)).get("t")?.value;
  const limit = 8_640_000_000_000_000n;
  for (const ms of [0n, -1n, 1n, limit, -limit, 1_700_000_000_123n]) {
    expect(decode(ms)).toEqual(new Date(Number(ms)));
  }
  for (const ms of [limit + 1n, -limit - 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n]) {
    const error = errorOf(() => decode(ms));
    expect(error).toMatchObject({ code: "HEADER_VALUE_INVALID", headerName: "t" });
    expect(error.message).toContain("outside the range of Date");
  }
});

test("duplicateHeaders last reads the last value of a name that occurs twice", () => {
  const block = concatenate(rawHeader("a", 2, [1]), good, rawHeader("a", 7, [0, 1, 0x32]));
  expect(errorOf(() => decodeHeaders(block)).code).toBe("HEADER_DUPLICATE");
  // Twice, in case that something was remembered of the first time.
  for (let round = 0; round < 4; round++) {
    const headers = decodeHeaders(block, { duplicateHeaders: "last" });
    expect({ ...headers.toObject() }).toEqual({
      a: { type: "string", value: "2" },
      good: { type: "string", value: "x" },
    });
    expect(errorOf(() => decodeHeaders(block)).code).toBe("HEADER_DUPLICATE");
  }
});

test("strings of up to 65,535 bytes are read, although the encoder writes at most half of that", () => {
  const long = concatenate(
    Uint8Array.of(1, 0x61, 7, 0xff, 0xff),
    new Uint8Array(65_535).fill(0x62),
  );
  expect(decodeHeaders(long).getString("a")).toBe("b".repeat(65_535));
});

test("thousands of headers are checked and found in linear time", () => {
  const block = concatenate(
    ...Array.from({ length: 12_000 }, (_, index) => rawHeader(index.toString(36), 0, [])),
  );
  const headers = decodeHeaders(block);
  expect(headers.size).toBe(12_000);
  for (let index = 0; index < 12_000; index++) expect(headers.has(index.toString(36))).toBe(true);
});

test("a header block over the limit is refused", () => {
  const error = errorOf(() => decodeHeaders(good, { maxHeaderBytes: 8 }));
  expect(error).toMatchObject({ code: "HEADERS_TOO_LARGE", offset: 0 });
  expect(decodeHeaders(good, { maxHeaderBytes: 9 }).size).toBe(1);
});

test("binary values are views of the block, or copies with the option copy", () => {
  const block = rawHeader("b", 6, [0, 2, 1, 2]);
  const view = decodeHeaders(block).get("b")?.value as Uint8Array;
  expect(view.buffer).toBe(block.buffer);
  const copied = decodeHeaders(block, { copy: true });
  block.fill(0xee);
  expect(copied.get("b")?.value).toEqual(Uint8Array.of(1, 2));
});
