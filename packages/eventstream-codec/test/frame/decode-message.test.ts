import { concatenate, utf8 } from "@freshet/test-support";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, header } from "../../src/index.ts";
import { errorOf, rawFrame } from "../support/frames.ts";

const frame = encodeMessage({ headers: { a: header.string("b") }, payload: utf8("payload") });

test("decodeMessage takes exactly one frame", () => {
  expect(decodeMessage(frame).payload).toEqual(utf8("payload"));
  for (let length = 0; length < frame.byteLength; length++) {
    expect(errorOf(() => decodeMessage(frame.subarray(0, length))).code).toBe("INCOMPLETE_STREAM");
  }
  const two = concatenate(frame, Uint8Array.of(0));
  expect(errorOf(() => decodeMessage(two))).toMatchObject({ code: "TRAILING_BYTES", offset: 0 });
});

test("decodeMessage checks what the stream decoder checks", () => {
  expect(errorOf(() => decodeMessage(rawFrame({ preludeCrc: 0 }))).code).toBe(
    "PRELUDE_CHECKSUM_MISMATCH",
  );
  expect(errorOf(() => decodeMessage(rawFrame({ messageCrc: 0 }))).code).toBe(
    "MESSAGE_CHECKSUM_MISMATCH",
  );
  expect(errorOf(() => decodeMessage(frame, { maxMessageBytes: 20 })).code).toBe(
    "MESSAGE_TOO_LARGE",
  );
  expect(errorOf(() => decodeMessage(utf8('{"message":"denied"}')))).toMatchObject({
    code: "NOT_AN_EVENT_STREAM",
    text: '{"message":"denied"}',
  });
});

test("decodeMessage returns views, or copies with the option copy", () => {
  expect(decodeMessage(frame).payload.buffer).toBe(frame.buffer);
  const buffer = frame.slice();
  const { payload, headers } = decodeMessage(buffer, { copy: true });
  buffer.fill(0);
  expect(payload).toEqual(utf8("payload"));
  expect(headers.getString("a")).toBe("b");
});
