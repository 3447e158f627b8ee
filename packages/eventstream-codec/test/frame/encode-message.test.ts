import { utf8 } from "@freshet/test-support";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeHeaders,
  decodeMessage,
  encodeHeaders,
  encodeMessage,
  header,
  MessageHeaders,
  type HeaderValue,
  type MessageHeadersInit,
} from "../../src/index.ts";
import * as arbitrary from "../support/arbitraries.ts";
import { errorOf, plain } from "../support/frames.ts";

test("encoded bytes are those of the specification", () => {
  const frame = encodeMessage({
    headers: { event: header.string("ok"), n: header.short(-2) },
    payload: utf8("hi"),
  });
  expect([...frame]).toEqual([
    ...[0, 0, 0, 34, 0, 0, 0, 16, 0xc3, 0x94, 0xb3, 0x69],
    ...[5, 0x65, 0x76, 0x65, 0x6e, 0x74, 7, 0, 2, 0x6f, 0x6b],
    ...[1, 0x6e, 3, 0xff, 0xfe],
    ...[0x68, 0x69],
    ...[0xca, 0xa1, 0xee, 0x13],
  ]);
});

test("the smallest message is a frame of 16 bytes", () => {
  const frame = encodeMessage({});
  expect([...frame]).toEqual([
    0, 0, 0, 16, 0, 0, 0, 0, 5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff,
  ]);
  expect(decodeMessage(frame).headers.size).toBe(0);
});

test("any message that is encoded decodes to the same message", () => {
  fc.assert(
    fc.property(arbitrary.message, (message) => {
      expect(plain(decodeMessage(encodeMessage(message)))).toEqual(message);
    }),
  );
});

test("headers come from an object, a Map, pairs or MessageHeaders", () => {
  const object = { a: header.string("1"), b: header.boolean(false) };
  const inits: MessageHeadersInit[] = [
    new Map(Object.entries(object)),
    Object.entries(object),
    MessageHeaders.from(object),
    decodeMessage(encodeMessage({ headers: object })).headers,
  ];
  for (const headers of inits) {
    expect(encodeMessage({ headers })).toEqual(encodeMessage({ headers: object }));
  }
});

test("a frame has a buffer of its own, which nothing changes later", () => {
  const first = encodeMessage({ headers: { a: header.string("first") } });
  const copy = first.slice();
  encodeMessage({ headers: { a: header.string("other") } });
  expect(first).toEqual(copy);
  expect(first.buffer.byteLength).toBe(first.byteLength);
});

test("headers whose iterator encodes a message itself are encoded correctly", () => {
  const inner = encodeMessage({ headers: { inner: header.string("inside") } });
  const headers = function* (): Generator<[string, HeaderValue]> {
    yield ["before", header.string("x")];
    expect(encodeMessage({ headers: { inner: header.string("inside") } })).toEqual(inner);
    yield ["after", header.string("y")];
  };
  const decoded = decodeMessage(encodeMessage({ headers: headers() })).headers;
  expect([...decoded.keys()]).toEqual(["before", "after"]);
});

test("frames that begin with the headers of the previous frame are encoded correctly", () => {
  const pool = [
    ["a", header.string("one")],
    ["b", header.string("two")],
    ["b", header.string("other")],
    ["c", header.integer(3)],
    ["d", header.string("four")],
    ["e", header.string("é")],
  ] as const;
  const headers = fc.uniqueArray(fc.constantFrom(...pool), { selector: ([name]) => name });
  const message = fc.record({ headers, payload: fc.uint8Array({ minLength: 30, maxLength: 90 }) });
  fc.assert(
    fc.property(fc.array(message, { minLength: 2, maxLength: 20 }), (messages) => {
      for (const each of messages) expect(plain(decodeMessage(encodeMessage(each)))).toEqual(each);
    }),
    { numRuns: 300 },
  );
});

test("a message that cannot be encoded does not change the next one", () => {
  const good = { headers: { a: header.string("x"), b: header.string("y") }, payload: utf8("z") };
  const expected = encodeMessage(good);
  const bad = { headers: { a: header.string("x"), b: header.byte(999), c: header.byte(1) } };
  expect(errorOf(() => encodeMessage(bad)).headerName).toBe("b");
  expect(encodeMessage(good)).toEqual(expected);
});

test("encodeHeaders returns the header block of the frame", () => {
  fc.assert(
    fc.property(arbitrary.headerPairs, (headers) => {
      const block = encodeHeaders(headers);
      expect(encodeMessage({ headers }).slice(12, -4)).toEqual(block);
      expect([...decodeHeaders(block)]).toEqual(headers);
    }),
  );
});

describe("what cannot be encoded is an error with the header's name", () => {
  const cases: [string, HeaderValue][] = [
    ["byte above", header.byte(300)],
    ["byte below", header.byte(-129)],
    ["byte with a fraction", header.byte(1.5)],
    ["short above", header.short(32_768)],
    ["short NaN", header.short(Number.NaN)],
    ["integer above", header.integer(2 ** 31)],
    ["integer below", header.integer(-(2 ** 31) - 1)],
    ["integer infinite", header.integer(Infinity)],
    ["long above", header.long(2n ** 63n)],
    ["long below", header.long(-(2n ** 63n) - 1n)],
    ["long that is a number", header.long(5 as unknown as bigint)],
    ["invalid Date", header.timestamp(new Date(Number.NaN))],
    ["Date that is a number", header.timestamp(5 as unknown as Date)],
    ["long string", header.string("x".repeat(32_768))],
    ["string too long as UTF-8", header.string("é".repeat(16_384))],
    ["half a surrogate pair", header.string("a\ud83d")],
    ["string that is a number", header.string(5 as unknown as string)],
    ["long binary", header.binary(new Uint8Array(32_768))],
    ["binary that is an array", header.binary([1] as unknown as Uint8Array)],
    ["uuid without dashes", header.uuid("00112233445566778899aabbccddeeff")],
    ["uuid too long", header.uuid("00112233-4455-6677-8899-aabbccddeeff0")],
    ["boolean that is a number", header.boolean(1 as unknown as boolean)],
  ];
  test.each(cases)("%s", (name, value) => {
    const error = errorOf(() => encodeMessage({ headers: { [name]: value } }));
    expect(error.code).toBe("HEADER_VALUE_INVALID");
    expect(error.headerName).toBe(name);
    expect(error.message).toContain(`"${name}"`);
  });

  test("a type that does not exist", () => {
    for (const value of [{ type: "float", value: 1 }, { type: "toString", value: 1 }, undefined]) {
      const headers = { x: value } as unknown as MessageHeadersInit;
      expect(errorOf(() => encodeMessage({ headers })).code).toBe("HEADER_TYPE_UNKNOWN");
    }
  });

  test.each(["", "x".repeat(256), "é".repeat(128), "\udc00", "x".repeat(40_000)])(
    "a name that does not fit (%#)",
    (name) => {
      const error = errorOf(() => encodeMessage({ headers: { [name]: header.byte(1) } }));
      expect(error).toMatchObject({ code: "HEADER_NAME_INVALID", headerName: name });
    },
  );

  test("the same name twice", () => {
    const headers: [string, HeaderValue][] = [
      ["twin", header.byte(1)],
      ["twin", header.byte(2)],
    ];
    const error = errorOf(() => encodeMessage({ headers }));
    expect(error).toMatchObject({ code: "HEADER_DUPLICATE", headerName: "twin" });
  });
});

test("names and values of the maximum length are encoded", () => {
  const headers = {
    ["n".repeat(255)]: header.string("x".repeat(32_767)),
    min: header.long(-(2n ** 63n)),
    date: header.timestamp(new Date(-8.64e15)),
    bytes: header.binary(new Uint8Array(32_767).fill(7)),
    upper: header.uuid("00112233-4455-6677-8899-AABBCCDDEEFF"),
    empty: header.string(""),
    zero: header.integer(-0),
  };
  const decoded = decodeMessage(encodeMessage({ headers })).headers.toObject();
  expect({ ...decoded }).toEqual({
    ...headers,
    upper: header.uuid("00112233-4455-6677-8899-aabbccddeeff"),
    zero: header.integer(0),
  });
});

test("limits are checked before the frame is made", () => {
  const many = Array.from({ length: 5 }, (_, index): [string, HeaderValue] => [
    `h${index}`,
    header.binary(new Uint8Array(30_000)),
  ]);
  expect(errorOf(() => encodeMessage({ headers: many }))).toMatchObject({
    code: "HEADERS_TOO_LARGE",
    headerName: "h4",
  });
  expect(encodeMessage({ headers: many }, { maxHeaderBytes: 200_000 }).byteLength).toBe(150_046);
  const payload = new Uint8Array(100);
  expect(errorOf(() => encodeMessage({ payload }, { maxMessageBytes: 115 })).code).toBe(
    "MESSAGE_TOO_LARGE",
  );
  expect(encodeMessage({ payload }, { maxMessageBytes: 116 }).byteLength).toBe(116);
});
