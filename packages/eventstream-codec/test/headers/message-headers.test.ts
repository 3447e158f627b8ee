import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, header, MessageHeaders } from "../../src/index.ts";
import * as arbitrary from "../support/arbitraries.ts";
import { errorOf } from "../support/frames.ts";

const sample = {
  ":event-type": header.string("chunk"),
  count: header.integer(3),
  id: header.uuid("00112233-4455-6677-8899-aabbccddeeff"),
  at: header.timestamp(new Date(1_700_000_000_000)),
};

function roundTrip(headers: typeof sample): MessageHeaders {
  return decodeMessage(encodeMessage({ headers })).headers;
}

test("MessageHeaders is a read-only map in the order of the wire", () => {
  const headers = roundTrip(sample);
  const expected = new Map(Object.entries(sample));
  expect(headers.size).toBe(4);
  expect([...headers]).toEqual([...expected]);
  expect([...headers.entries()]).toEqual([...expected]);
  expect([...headers.keys()]).toEqual([...expected.keys()]);
  expect([...headers.values()]).toEqual([...expected.values()]);
  const seen: unknown[] = [];
  const thisArg = {};
  headers.forEach(function (this: unknown, value, name, map) {
    seen.push([name, value]);
    expect(this).toBe(thisArg);
    expect(map).toBe(headers);
  }, thisArg);
  expect(seen).toEqual([...expected]);
  expect(headers.get("count")).toEqual(sample.count);
  expect(headers.get("Count")).toBeUndefined();
  expect(headers.has("at")).toBe(true);
  expect(headers.has("toString")).toBe(false);
});

test("getString gives strings and nothing else", () => {
  const headers = roundTrip(sample);
  expect(headers.getString(":event-type")).toBe("chunk");
  expect(headers.getString("count")).toBeUndefined();
  expect(headers.getString("missing")).toBeUndefined();
});

test("a header value is built once and cannot be changed", () => {
  const headers = roundTrip(sample);
  const value = headers.get("at");
  expect(headers.get("at")).toBe(value);
  expect(Object.isFrozen(value)).toBe(true);
  expect([...headers.values()][3]).toBe(value);
});

test("toObject returns an object without a prototype that a name could hit", () => {
  const names = ["__proto__", "constructor", "toString"];
  const headers = decodeMessage(
    encodeMessage({ headers: names.map((name) => [name, header.string(name)]) }),
  ).headers;
  const object = headers.toObject();
  expect(Object.getPrototypeOf(object)).toBeNull();
  expect(Object.keys(object)).toEqual(names);
  for (const name of names) expect(headers.getString(name)).toBe(name);
});

test("equal header bytes give the same MessageHeaders, other bytes never do", () => {
  const frames = Array.from({ length: 300 }, (_, index) =>
    encodeMessage({
      headers: { ":event-type": header.string(`type ${index % 7}`), n: header.boolean(true) },
      payload: Uint8Array.of(index & 0xff),
    }),
  );
  const first = new Map<string, MessageHeaders>();
  for (const [index, frame] of frames.entries()) {
    const { headers } = decodeMessage(frame);
    const type = headers.getString(":event-type") ?? "";
    expect(type).toBe(`type ${index % 7}`);
    if (index >= 14) expect(headers).toBe(first.get(type));
    first.set(type, headers);
  }
});

test("headers with bytes or dates of their own are never shared", () => {
  const frame = encodeMessage({ headers: { d: header.timestamp(new Date(5)) } });
  for (let round = 0; round < 4; round++) {
    const date = decodeMessage(frame).headers.get("d")?.value as Date;
    expect(date.getTime()).toBe(5);
    date.setTime(99);
  }
});

test("MessageHeaders.from keeps the headers that it is given", () => {
  fc.assert(
    fc.property(arbitrary.headerPairs, (pairs) => {
      expect([...MessageHeaders.from(pairs)]).toEqual(pairs);
      expect([...MessageHeaders.from(new Map(pairs))]).toEqual(pairs);
    }),
  );
  const headers = MessageHeaders.from(sample);
  expect(headers.getString(":event-type")).toBe("chunk");
  expect(MessageHeaders.from(headers)).toEqual(headers);
});

test("MessageHeaders.from refuses a name that occurs twice", () => {
  const pair = ["twin", header.byte(1)] as const;
  const error = errorOf(() => MessageHeaders.from([pair, pair]));
  expect(error).toMatchObject({ code: "HEADER_DUPLICATE", headerName: "twin" });
});
