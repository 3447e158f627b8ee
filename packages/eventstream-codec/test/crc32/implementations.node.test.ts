import { crc32 as zlibCrc32 } from "node:zlib";
import { utf8 } from "@freshet/test-support";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 as aws } from "../../src/aws-crypto.ts";
import { crc32 as node } from "../../src/crc32/crc32-node.ts";
import { crc32 as portable } from "../../src/crc32/crc32-portable.ts";
import { decodeMessage, encodeMessage } from "../../src/index.ts";

test("all implementations of CRC-32 agree, with and without a seed", () => {
  const seed = fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1500, size: "max" }), seed, (bytes, from) => {
      const expected = zlibCrc32(bytes, from);
      expect(portable(bytes, from)).toBe(expected);
      expect(node(bytes, from)).toBe(expected);
      expect(aws(bytes, from)).toBe(expected);
    }),
  );
});

test("frames with AWS's checksum equal frames with the default one, and decode with it", () => {
  const message = { payload: utf8("checked twice") };
  const frame = encodeMessage(message, { crc32: aws });
  expect(frame).toEqual(encodeMessage(message));
  expect(decodeMessage(frame, { crc32: aws }).payload).toEqual(message.payload);
});
