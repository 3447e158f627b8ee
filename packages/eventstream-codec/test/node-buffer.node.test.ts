import { Readable } from "node:stream";
import { utf8 } from "@freshet/test-support";
import { expect, test } from "vitest";
import {
  decodeHeaders,
  decodeMessage,
  decodeMessages,
  encodeHeaders,
  encodeMessage,
  header,
  MessageDecoder,
} from "../src/index.ts";
import { plain } from "./support/frames.ts";

const headers: [string, ReturnType<typeof header.binary>][] = [["b", header.binary(utf8("bytes"))]];
const frame = encodeMessage({ headers, payload: utf8("payload") });

// `slice` of a Buffer is no copy: what is copied elsewhere would be shared here.
test("the option copy copies Buffers too", () => {
  const buffers = [Buffer.from(frame), Buffer.from(frame), Buffer.from(encodeHeaders(headers))];
  const [pushed, alone, block] = buffers as [Buffer, Buffer, Buffer];
  const decoder = new MessageDecoder({ copy: true }).push(pushed);
  const message = decodeMessage(alone, { copy: true });
  const decoded = decodeHeaders(block, { copy: true });
  for (const buffer of buffers) buffer.fill(0xee);
  const again = decoder.read();
  expect(again && plain(again)).toEqual({ headers, payload: utf8("payload") });
  expect(plain(message)).toEqual({ headers, payload: utf8("payload") });
  expect([...decoded]).toEqual(headers);
});

test("a payload decoded from Buffers is a plain Uint8Array", async () => {
  for await (const message of decodeMessages(Readable.from([Buffer.from(frame)]))) {
    expect(Buffer.isBuffer(message.payload)).toBe(false);
    expect(plain(message)).toEqual({ headers, payload: utf8("payload") });
  }
});

test("Buffers are encoded like any other bytes", () => {
  const payload = Buffer.from("payload");
  expect(encodeMessage({ headers: { b: header.binary(Buffer.from("bytes")) }, payload })).toEqual(
    frame,
  );
});
