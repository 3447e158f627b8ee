import { concatenate, cutAt, cutEvery, utf8 } from "@freshet/test-support";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeMessage, EventStreamError, header, MessageDecoder } from "../../src/index.ts";
import * as arbitrary from "../support/arbitraries.ts";
import { decodeAll, errorOf, plain, rawFrame, rawHeader } from "../support/frames.ts";

const messages: arbitrary.Encodable[] = [
  { headers: [["a", header.string("one")]], payload: utf8("first") },
  { headers: [], payload: new Uint8Array(0) },
  { headers: [["long", header.string("x".repeat(300))]], payload: new Uint8Array(700).fill(3) },
  { headers: [["b", header.binary(Uint8Array.of(1, 2))]], payload: utf8("last") },
];
const frames = messages.map((message) => encodeMessage(message));
const stream = concatenate(...frames);

describe("every split gives the same messages", () => {
  test("a whole stream in one chunk", () => {
    expect(decodeAll([stream])).toEqual({ messages, error: undefined });
  });

  test.each([1, 2, 3, 7, 11, 12, 13, 16, 100, 1000])("chunks of %i bytes", (size) => {
    expect(decodeAll(cutEvery(stream, size))).toEqual({ messages, error: undefined });
    expect(decodeAll(cutEvery(stream, size), { copy: true }).messages).toEqual(messages);
  });

  test("two chunks, cut at every byte", () => {
    for (let at = 0; at <= stream.byteLength; at++) {
      expect(decodeAll(cutAt(stream, [at]))).toEqual({ messages, error: undefined });
    }
  });

  test("any messages, cut anywhere", () => {
    const streams = fc.array(arbitrary.message, { maxLength: 5 }).chain((list) => {
      const bytes = concatenate(...list.map((message) => encodeMessage(message)));
      return fc.record({
        list: fc.constant(list),
        chunks: fc.oneof(
          fc.constantFrom([bytes], cutEvery(bytes, 1)),
          arbitrary.cuts(bytes.byteLength).map((positions) => cutAt(bytes, positions)),
        ),
      });
    });
    fc.assert(
      fc.property(streams, ({ list, chunks }) => {
        expect(decodeAll(chunks)).toEqual({ messages: list, error: undefined });
      }),
    );
  });

  test("all chunks pushed before the first read", () => {
    const decoder = new MessageDecoder();
    for (const chunk of cutEvery(stream, 5)) decoder.push(chunk);
    expect([...decoder].map(plain)).toEqual(messages);
    decoder.end();
  });

  test("chunks that are Node-like views of a larger buffer", () => {
    const slab = concatenate(new Uint8Array(33).fill(0xaa), stream, new Uint8Array(9).fill(0xbb));
    const view = slab.subarray(33, 33 + stream.byteLength);
    expect(decodeAll([view.subarray(0, 50), view.subarray(50)]).messages).toEqual(messages);
  });
});

test("offset and bufferedBytes follow the stream", () => {
  const decoder = new MessageDecoder();
  expect([decoder.offset, decoder.bufferedBytes]).toEqual([0, 0]);
  decoder.push(stream.subarray(0, 60));
  expect(decoder.bufferedBytes).toBe(60);
  let offset = 0;
  for (const [index, frame] of frames.entries()) {
    if (index === 1) decoder.push(stream.subarray(60));
    expect(decoder.offset).toBe(offset);
    expect(decoder.read()).toBeDefined();
    offset += frame.byteLength;
    expect(decoder.offset).toBe(offset);
  }
  expect(decoder.read()).toBeUndefined();
  expect(decoder.bufferedBytes).toBe(0);
});

describe("memory", () => {
  test("a frame inside one chunk is decoded in place", () => {
    const [message] = new MessageDecoder().push(stream);
    expect(message?.payload.buffer).toBe(stream.buffer);
  });

  test("copy makes payloads independent of the buffer, which can be reused immediately", () => {
    for (const size of [7, 64, stream.byteLength]) {
      const decoder = new MessageDecoder({ copy: true });
      const buffer = new Uint8Array(size);
      for (const chunk of cutEvery(stream, size)) {
        buffer.set(chunk);
        decoder.push(buffer.subarray(0, chunk.byteLength));
        buffer.fill(0xee);
      }
      decoder.end();
      const decoded = [...decoder];
      expect(decoded.map(plain)).toEqual(messages);
      for (const { payload } of decoded) expect(payload.buffer.byteLength).toBe(payload.byteLength);
    }
  });

  test("copy copies binary headers too, so that a small one does not keep its chunk in memory", () => {
    const headers = {
      ticket: header.binary(utf8("abc")),
      last: header.uuid("0".repeat(8) + "-0000".repeat(3) + "-000000000000"),
    };
    const frame = encodeMessage({ headers, payload: new Uint8Array(100_000) });
    const [message] = new MessageDecoder({ copy: true }).push(frame);
    const ticket = message?.headers.get("ticket");
    expect(ticket).toEqual(headers.ticket);
    expect(ticket?.type === "binary" && ticket.value.buffer.byteLength).toBeLessThan(100);
    expect(message?.headers.get("last")).toEqual(headers.last);
  });

  test("a claimed length allocates nothing: only bytes that arrived are kept", () => {
    // 24 MiB are claimed, and within the limit; hundreds of such decoders would need gigabytes.
    const start = rawFrame({ totalLength: 25_000_000 }).subarray(0, 14);
    const decoders = Array.from({ length: 400 }, () => new MessageDecoder().push(start));
    for (const decoder of decoders) {
      expect(decoder.read()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(14);
    }
  });

  test("a frame of 16 MiB in chunks of 1 KiB", () => {
    const payload = new Uint8Array(16 * 1024 * 1024).map((_, index) => index >> 8);
    const decoder = new MessageDecoder();
    let received: Uint8Array | undefined;
    for (const chunk of cutEvery(encodeMessage({ payload }), 1024)) {
      received ??= decoder.push(chunk).read()?.payload;
    }
    decoder.end();
    expect(received?.byteLength).toBe(payload.byteLength);
    expect(received?.every((byte, index) => byte === payload[index])).toBe(true);
  });

  test("100,000 frames in one chunk, and 100,000 chunks before one read", () => {
    const frame = encodeMessage({ headers: { a: header.string("x") }, payload: utf8("small") });
    const many = new Uint8Array(frame.byteLength * 100_000);
    for (let at = 0; at < many.byteLength; at += frame.byteLength) many.set(frame, at);
    let count = 0;
    for (const { payload } of new MessageDecoder().push(many)) count += payload.byteLength;
    expect(count).toBe(500_000);
    const decoder = new MessageDecoder();
    for (let chunk = 0; chunk < 100_000; chunk++) decoder.push(frame);
    for (const { payload } of decoder) count -= payload.byteLength;
    expect(count).toBe(0);
  });
});

describe("a bad frame", () => {
  const good = encodeMessage({ payload: utf8("good") });
  const overrun = rawFrame({ headers: rawHeader("h", 7, [0, 9, 0x61]), payload: utf8("payload") });
  const cases: [string, Uint8Array][] = [
    ["PRELUDE_CHECKSUM_MISMATCH", rawFrame({ preludeCrc: 1 })],
    ["MESSAGE_CHECKSUM_MISMATCH", rawFrame({ messageCrc: 1 })],
    ["MESSAGE_LENGTH_INVALID", rawFrame({ totalLength: 0 })],
    ["MESSAGE_LENGTH_INVALID", rawFrame({ totalLength: 15 })],
    ["HEADERS_LENGTH_INVALID", rawFrame({ headersLength: 1 })],
    ["HEADERS_LENGTH_INVALID", rawFrame({ headersLength: 0xffffffff })],
    ["MESSAGE_TOO_LARGE", rawFrame({ totalLength: 0xffffffff })],
    ["MESSAGE_TOO_LARGE", rawFrame({ totalLength: 25_296_913 })],
    ["HEADERS_TOO_LARGE", rawFrame({ totalLength: 200_000, headersLength: 131_073 })],
    ["HEADER_VALUE_INVALID", overrun],
  ];

  test.each(cases)(
    "%s (%#) comes after the good ones, at every split, and is final",
    (code, bad) => {
      const bytes = concatenate(good, good, bad, good);
      for (const chunks of [[bytes], cutEvery(bytes, 1), cutEvery(bytes, 9)]) {
        const decoder = new MessageDecoder();
        let count = 0;
        let error: unknown;
        try {
          for (const chunk of chunks)
            for (const message of decoder.push(chunk)) count += message.payload.byteLength;
        } catch (thrown) {
          error = thrown;
        }
        expect(count).toBe(8);
        expect(error).toBeInstanceOf(EventStreamError);
        expect(error).toMatchObject({ code, offset: 40 });
        expect(errorOf(() => decoder.read())).toBe(error);
        expect(errorOf(() => decoder.end())).toBe(error);
        // Nothing that comes now changes that, or is kept.
        expect(errorOf(() => decoder.push(good).read())).toBe(error);
        expect(decoder.bufferedBytes).toBe(0);
        expect(decoder.offset).toBe(40);
      }
    },
  );

  test("the prelude is checked as soon as its twelve bytes are there", () => {
    const decoder = new MessageDecoder();
    for (const byte of rawFrame({ preludeCrc: 1 }).subarray(0, 11)) {
      expect(decoder.push(Uint8Array.of(byte)).read()).toBeUndefined();
    }
    expect(errorOf(() => decoder.push(Uint8Array.of(1)).read()).code).toBe(
      "PRELUDE_CHECKSUM_MISMATCH",
    );
  });

  test("the limits are options", () => {
    const frame = encodeMessage({ headers: { a: header.byte(1) }, payload: new Uint8Array(80) });
    expect(decodeAll([frame], { maxMessageBytes: 100 }).error).toBeUndefined();
    expect(decodeAll([frame], { maxMessageBytes: 99 }).error?.code).toBe("MESSAGE_TOO_LARGE");
    expect(decodeAll([frame], { maxHeaderBytes: 3 }).error?.code).toBe("HEADERS_TOO_LARGE");
  });

  test("the error of a checksum function that throws is final too", () => {
    const failure = new Error("broken");
    const crc32 = () => {
      throw failure;
    };
    const decoder = new MessageDecoder({ crc32 }).push(good);
    expect(() => decoder.read()).toThrow(failure);
    expect(() => decoder.read()).toThrow(failure);
  });
});

describe("the end of the stream", () => {
  test("a stream may end between two frames, or without any bytes", () => {
    new MessageDecoder().end();
    const decoder = new MessageDecoder().push(stream).push(new Uint8Array(0));
    expect([...decoder]).toHaveLength(4);
    decoder.end();
    decoder.end();
  });

  test("a stream that ends inside a frame is INCOMPLETE_STREAM at the offset of that frame", () => {
    const frame = frames[2] ?? stream;
    const before = concatenate(...frames.slice(0, 2));
    for (let length = 1; length < frame.byteLength; length++) {
      const bytes = concatenate(before, frame.subarray(0, length));
      const { messages: some, error } = decodeAll(cutEvery(bytes, 40));
      expect(some).toEqual(messages.slice(0, 2));
      expect(error).toMatchObject({ code: "INCOMPLETE_STREAM", offset: before.byteLength });
    }
  });

  test("complete frames can be read after the end", () => {
    const decoder = new MessageDecoder().push(stream.subarray(0, -1));
    decoder.end();
    const decoded: unknown[] = [];
    const error = errorOf(() => {
      for (const message of decoder) decoded.push(plain(message));
    });
    expect(decoded).toEqual(messages.slice(0, 3));
    expect(error.code).toBe("INCOMPLETE_STREAM");
  });
});

describe("a body that is text", () => {
  const bodies = [
    '{"message":"The security token included in the request is invalid."}',
    '[{"error":1}]',
    "<?xml version='1.0'?><ErrorResponse><Error>é</Error></ErrorResponse>",
    "\r\n  {}",
    "{",
    "upstream connect error or disconnect/reset before headers",
    `{"message":"${"very long ".repeat(50)}"}`,
  ];
  test.each(bodies)("is NOT_AN_EVENT_STREAM with its start (%#)", (body) => {
    const bytes = utf8(body);
    const text = new TextDecoder().decode(bytes.subarray(0, 200));
    for (const chunks of [[bytes], cutEvery(bytes, 1), cutEvery(bytes, 13)]) {
      const { messages: none, error } = decodeAll(chunks);
      expect(none).toEqual([]);
      expect(error).toMatchObject({ code: "NOT_AN_EVENT_STREAM", offset: 0, text });
      expect(error?.message).toContain(text);
    }
  });

  test("a text of 200 bytes is reported before the end of the stream", () => {
    const decoder = new MessageDecoder().push(utf8(`{${" ".repeat(199)}`));
    expect(errorOf(() => decoder.read()).code).toBe("NOT_AN_EVENT_STREAM");
  });

  test("text is only detected at the start of the stream", () => {
    const bytes = concatenate(frames[0] ?? stream, utf8('{"message":"late"}'));
    expect(decodeAll([bytes]).error).toMatchObject({ code: "PRELUDE_CHECKSUM_MISMATCH" });
  });
});
