import { EventStreamCodec, Int64 } from "@smithy/core/event-streams";
import { fromUtf8, toUtf8 } from "@smithy/core/serde";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, header, type HeaderValue } from "../src/index.ts";
import * as arbitrary from "./support/arbitraries.ts";
import { plain } from "./support/frames.ts";

const smithy = new EventStreamCodec(toUtf8, fromUtf8);
type SmithyHeaders = Parameters<typeof smithy.encode>[0]["headers"];

// Their one difference on valid frames: a header of this name disappears.
const message = arbitrary.message.filter(({ headers }) =>
  headers.every(([name]) => name !== "__proto__"),
);

function toSmithy([name, value]: [string, HeaderValue]): [string, unknown] {
  if (value.type !== "long") return [name, value];
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value.value);
  return [name, { type: "long", value: new Int64(bytes) }];
}

function fromSmithy([name, value]: [string, { type: string; value: unknown }]): [
  string,
  HeaderValue,
] {
  if (value.type !== "long") return [name, value as HeaderValue];
  const { bytes } = value.value as Int64;
  return [name, header.long(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0))];
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

test("@smithy/core decodes what encodeMessage encodes to the same message", () => {
  fc.assert(
    fc.property(message, (input) => {
      const { headers, body } = smithy.decode(encodeMessage(input));
      expect(Object.entries(headers).map(fromSmithy).sort(byName)).toEqual(
        input.headers.toSorted(byName),
      );
      expect(Buffer.compare(body, input.payload)).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test("decodeMessage decodes what @smithy/core encodes, and encodeMessage encodes the same bytes", () => {
  fc.assert(
    fc.property(message, ({ headers: pairs, payload }) => {
      const headers = Object.fromEntries(pairs.map(toSmithy)) as SmithyHeaders;
      const frame = smithy.encode({ headers, body: payload });
      // An object puts names that look like indexes first: compare what they were given.
      const order = Object.keys(headers);
      const inOrder = pairs.toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
      expect(plain(decodeMessage(frame))).toEqual({ headers: inOrder, payload });
      expect(encodeMessage({ headers: inOrder, payload })).toEqual(frame);
    }),
    { numRuns: 500 },
  );
});
