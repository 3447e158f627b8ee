import fc from "fast-check";
import { expect, test } from "vitest";
import { ParseError } from "../../src/errors.ts";
import { SseBatchReader, type SseBatch } from "../../src/read/sse-batches.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const control = (fields: object) => `event: control\ndata: ${JSON.stringify(fields)}\n\n`;

const example = [
  ": comment\n\n",
  'event: data\ndata: [\ndata: {"k":"é🙂"}\ndata: ]\n\n',
  "event: news\ndata: of another kind\n\n",
  "event: data\ndata:[2]\n\n",
  control({ streamNextOffset: "5", streamCursor: "c", upToDate: true }),
  control({ streamNextOffset: "5", streamClosed: true }),
].join("");
const batches: SseBatch[] = [
  {
    data: ['[\n{"k":"é🙂"}\n]', "[2]"],
    nextOffset: "5",
    cursor: "c",
    upToDate: true,
    closed: false,
  },
  { data: [], nextOffset: "5", cursor: undefined, upToDate: true, closed: true },
];

test.each(["\n", "\r\n", "\r"])(
  "SseBatchReader reads batches whole, byte by byte and cut anywhere, with line ends %j",
  (lineEnd) => {
    const bytes = encode(example.replaceAll("\n", lineEnd) + (lineEnd === "\r" ? ":\r" : ""));
    const whole = new SseBatchReader("u");
    expect(whole.push(bytes)).toEqual(batches);
    const single = new SseBatchReader("u");
    expect([...bytes].flatMap((byte) => single.push(Uint8Array.of(byte)))).toEqual(batches);
    fc.assert(
      fc.property(fc.nat(bytes.length), (cut) => {
        const reader = new SseBatchReader("u");
        const first = reader.push(bytes.subarray(0, cut));
        expect([...first, ...reader.push(bytes.subarray(cut))]).toEqual(batches);
      }),
    );
  },
);

test("SseBatchReader does not deliver data without its control event", () => {
  const reader = new SseBatchReader("u");
  expect(reader.push(encode("event: data\ndata: [1]\n\n"))).toEqual([]);
});

test.each(["{not json", "", "null", "{}", '{"streamNextOffset":""}', '{"streamNextOffset":5}'])(
  "SseBatchReader rejects the control event %j",
  (data) => {
    const reader = new SseBatchReader("u");
    expect(() => reader.push(encode(`event: control\ndata: ${data}\n\n`))).toThrow(ParseError);
  },
);

test("SseBatchReader reads one large event in many pieces in linear time", () => {
  const reader = new SseBatchReader("u");
  reader.push(encode("event: data\ndata: "));
  const piece = encode("x".repeat(1024));
  for (let n = 0; n < 20_000; n++) reader.push(piece);
  const [batch] = reader.push(encode(`\n\n${control({ streamNextOffset: "9" })}`));
  expect(batch?.data[0]?.length).toBe(20_000 * 1024);
});
