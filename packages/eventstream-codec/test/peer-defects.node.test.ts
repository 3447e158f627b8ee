/**
 * What widely used implementations get wrong, one test a row. Where @smithy/core shows the defect it is
 * shown first, so that the row stays honest when they repair it.
 */
import { EventStreamCodec, getChunkedStream } from "@smithy/core/event-streams";
import { fromUtf8, toUtf8 } from "@smithy/core/serde";
import { concatenate, cutEvery, utf8 } from "@freshet/test-support";
import { afterEach, expect, test, vi } from "vitest";
import {
  decodeHeaders,
  decodeMessage,
  decodeMessages,
  encodeMessage,
  header,
  MessageDecoder,
  type HeaderValue,
} from "../src/index.ts";
import { decodeAll, errorOf, rawFrame, rawHeader } from "./support/frames.ts";

const smithy = new EventStreamCodec(toUtf8, fromUtf8);
// What its browser build takes for text.
const smithyInBrowsers = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(bytes as Uint8Array),
  fromUtf8,
);

afterEach(() => {
  vi.restoreAllMocks();
});

async function smithyChunks(chunks: Uint8Array[]): Promise<Uint8Array[]> {
  const source = (async function* () {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  })();
  const all: Uint8Array[] = [];
  for await (const bytes of getChunkedStream(source)) all.push(bytes);
  return all;
}

test("a string header that overruns into the payload", () => {
  const headers = rawHeader("h", 7, [0, 9, ...utf8("abc")]);
  const frame = rawFrame({ headers, payload: utf8("SECRET payload") });
  expect(smithy.decode(frame).headers["h"]?.value).toBe("abcSECRET");
  expect(errorOf(() => decodeMessage(frame))).toMatchObject({
    code: "HEADER_VALUE_INVALID",
    headerName: "h",
  });
});

test("a uuid that is cut off", () => {
  const frame = rawFrame({ headers: rawHeader("id", 9, [1, 2, 3]), payload: new Uint8Array(20) });
  expect(smithy.decode(frame).headers["id"]?.value).toBe("01020300-0000-0000-0000-000000000000");
  expect(errorOf(() => decodeMessage(frame))).toMatchObject({ code: "HEADER_VALUE_INVALID" });
});

test("a header named __proto__", () => {
  const frame = encodeMessage({ headers: [["__proto__", header.string("mine")]] });
  const theirs = smithy.decode(frame).headers;
  expect(Object.keys(theirs)).toEqual([]);
  expect(Object.getPrototypeOf(theirs)).not.toBe(Object.prototype);
  const { headers } = decodeMessage(frame);
  expect([...headers.keys()]).toEqual(["__proto__"]);
  expect(headers.getString("__proto__")).toBe("mine");
  expect(Object.keys(headers.toObject())).toEqual(["__proto__"]);
});

test("1 to 3 stray bytes at the end of the source", async () => {
  const frame = encodeMessage({ payload: utf8("whole") });
  for (let stray = 1; stray <= 3; stray++) {
    const bytes = concatenate(frame, frame.subarray(0, stray));
    expect(await smithyChunks([bytes])).toHaveLength(1);
    const { messages, error } = decodeAll([bytes]);
    expect(messages).toHaveLength(1);
    expect(error).toMatchObject({ code: "INCOMPLETE_STREAM", offset: frame.byteLength });
  }
});

test("a claimed length that is allocated before any checksum", async () => {
  const claim = new Uint8Array(16);
  new DataView(claim.buffer).setUint32(0, 256 * 1024 * 1024);
  const allocated = vi.fn();
  const Original = globalThis.Uint8Array;
  class Spy extends Original {
    constructor(...args: unknown[]) {
      super(...(args as [number]));
      if (typeof args[0] === "number") allocated(args[0]);
    }
  }
  vi.stubGlobal("Uint8Array", Spy);
  try {
    await expect(smithyChunks([claim])).rejects.toThrow("Truncated");
    expect(allocated).toHaveBeenCalledWith(256 * 1024 * 1024);
    allocated.mockClear();
    const decoder = new MessageDecoder().push(claim);
    expect(errorOf(() => decoder.read()).code).toBe("PRELUDE_CHECKSUM_MISMATCH");
    // And a claim that is meant, but too large, or allowed, but not sent.
    const meant = rawFrame({ totalLength: 256 * 1024 * 1024 });
    expect(decodeAll([meant]).error?.code).toBe("MESSAGE_TOO_LARGE");
    const withinLimit = rawFrame({ totalLength: 20 * 1024 * 1024, payload: new Original(100) });
    allocated.mockClear();
    expect(decodeAll(cutEvery(withinLimit, 20)).error?.code).toBe("INCOMPLETE_STREAM");
    const largest = Math.max(...allocated.mock.calls.map(([size]) => size as number));
    expect(largest).toBeLessThanOrEqual(65_536);
  } finally {
    vi.unstubAllGlobals();
  }
});

test("numbers that do not fit", () => {
  const wrapped: [string, HeaderValue, unknown][] = [
    ["byte", header.byte(300), 44],
    ["short", header.short(40_000), -25_536],
    ["integer", header.integer(2 ** 31), -(2 ** 31)],
  ];
  for (const [name, value, becomes] of wrapped) {
    const frame = smithy.encode({ headers: { [name]: value as never }, body: new Uint8Array(0) });
    expect(smithy.decode(frame).headers[name]?.value).toBe(becomes);
    const error = errorOf(() => encodeMessage({ headers: { [name]: value } }));
    expect(error).toMatchObject({ code: "HEADER_VALUE_INVALID", headerName: name });
  }
});

test("an invalid Date", () => {
  const date = header.timestamp(new Date(Number.NaN));
  const frame = smithy.encode({ headers: { date }, body: new Uint8Array(0) });
  expect(smithy.decode(frame).headers["date"]?.value).toEqual(new Date(0));
  expect(errorOf(() => encodeMessage({ headers: { date } })).code).toBe("HEADER_VALUE_INVALID");
});

test("a byte order mark inside a string", () => {
  const frame = encodeMessage({ headers: { text: header.string("\u{FEFF}text") } });
  expect(smithyInBrowsers.decode(frame).headers["text"]?.value).toBe("text");
  expect(decodeMessage(frame).headers.getString("text")).toBe("\u{FEFF}text");
});

test("bad UTF-8", () => {
  const headers = rawHeader("text", 7, [0, 2, 0xc3, 0x28]);
  expect(smithy.decode(rawFrame({ headers })).headers["text"]?.value).toBe("\u{FFFD}(");
  expect(errorOf(() => decodeHeaders(headers)).code).toBe("HEADER_VALUE_INVALID");
  // The same the other way: half a surrogate pair would be sent as U+FFFD.
  const half = header.string("\ud83d");
  const frame = smithy.encode({ headers: { half }, body: new Uint8Array(0) });
  expect(smithy.decode(frame).headers["half"]?.value).toBe("\u{FFFD}");
  expect(errorOf(() => encodeMessage({ headers: { half } })).code).toBe("HEADER_VALUE_INVALID");
});

test("a length of 0, and others that are too small", () => {
  for (let totalLength = 0; totalLength < 16; totalLength++) {
    const { messages, error } = decodeAll([rawFrame({ totalLength })]);
    expect(messages).toEqual([]);
    expect(error?.code).toBe("MESSAGE_LENGTH_INVALID");
    expect(decodeAll([rawFrame({ totalLength, preludeCrc: 0 })]).error?.code).toBe(
      "PRELUDE_CHECKSUM_MISMATCH",
    );
  }
  expect(decodeAll([new Uint8Array(64)]).error?.code).toBe("PRELUDE_CHECKSUM_MISMATCH");
});

test("a stream that was cut", async () => {
  const frame = encodeMessage({ payload: utf8("the answer") });
  for (let length = 1; length < frame.byteLength; length++) {
    const read = async () => {
      for await (const message of decodeMessages([frame.subarray(0, length)])) {
        throw new Error(`a message of ${message.payload.byteLength} bytes out of a cut frame`);
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "INCOMPLETE_STREAM", offset: 0 });
  }
});

test("a JSON error body", async () => {
  const body = utf8('{"message":"The security token included in the request is expired"}');
  // Two gigabytes are allocated for it, or the engine refuses; either way the message is lost.
  const theirs = await smithyChunks([body.slice(0, 3)]);
  expect(theirs).toEqual([]);
  expect(() => smithy.decode(body)).toThrow("message length does not match");
  expect(decodeAll([body]).error).toMatchObject({
    code: "NOT_AN_EVENT_STREAM",
    text: '{"message":"The security token included in the request is expired"}',
  });
});

test("copying that is quadratic in the size of a message", () => {
  const frame = encodeMessage({ payload: new Uint8Array(4 * 1024 * 1024) });
  const chunks = cutEvery(frame, 1024);
  let copied = 0;
  const set = vi.spyOn(Uint8Array.prototype, "set");
  expect(decodeAll(chunks).messages).toHaveLength(1);
  for (const [source] of set.mock.calls) copied += source.length;
  expect(copied).toBeGreaterThanOrEqual(frame.byteLength);
  expect(copied).toBeLessThan(3 * frame.byteLength);
});

test("the same header name twice", () => {
  const headers = concatenate(rawHeader("a", 2, [1]), rawHeader("a", 2, [2]));
  const frame = rawFrame({ headers });
  expect(smithy.decode(frame).headers["a"]?.value).toBe(2);
  expect(errorOf(() => decodeMessage(frame))).toMatchObject({
    code: "HEADER_DUPLICATE",
    headerName: "a",
  });
  const last = decodeMessage(frame, { duplicateHeaders: "last" }).headers;
  expect(last.get("a")).toEqual(header.byte(2));
});
