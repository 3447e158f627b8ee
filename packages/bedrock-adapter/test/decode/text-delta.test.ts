import fc from "fast-check";
import { expect, test } from "vitest";
import { readAnthropicTextDelta, readConverseTextDelta } from "../../src/decode/text-delta.ts";

const converse = '{"contentBlockIndex":3,"delta":{"text":"Grüße 🌍"}}';
const anthropic =
  '{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"Hi"}}';

test("what is written as Bedrock writes it is read", () => {
  const event = { type: "contentBlockDelta", contentBlockIndex: 3, delta: { text: "Grüße 🌍" } };
  expect(readConverseTextDelta(converse)).toEqual(event);
  expect(readConverseTextDelta(`${converse.slice(0, -1)},"p":"abcXYZ09"}`)).toEqual(event);
  expect(readAnthropicTextDelta(anthropic)).toEqual(JSON.parse(anthropic));
});

test.each([
  ["an escape", converse.replace("Gr", "\\n"), anthropic.replace("Hi", '\\"')],
  ["a raw control character", converse.replace("Gr", "\n"), anthropic.replace("Hi", "\t")],
  ["more fields", converse.replace("}}", '},"q":1}'), anthropic.replace("}}", '},"q":1}')],
  [
    "more in the delta",
    converse.replace('"}}', '","q":1}}'),
    anthropic.replace('"}}', '","q":1}}'),
  ],
  ["another order", '{"delta":{"text":"a"},"contentBlockIndex":0}', '{"index":0,"type":"x"}'],
  ["white space", converse.replace(":", ": "), ` ${anthropic}`],
  ["a number that is not JSON", converse.replace("3", "03"), anthropic.replace("3", "03")],
  ["something behind it", `${converse}x`, `${anthropic}\n`],
  ["another delta", converse.replace('"text"', '"tool"'), anthropic.replace("text_", "json_")],
  [
    "a field behind the padding",
    `${converse.slice(0, -1)},"p":"a","q":"b"}`,
    `${anthropic.slice(0, -1)},"p":"a"}`,
  ],
  ["nothing", "", ""],
])("%s is left to JSON.parse", (_, converseText, anthropicText) => {
  expect(readConverseTextDelta(converseText)).toBeUndefined();
  expect(readAnthropicTextDelta(anthropicText)).toBeUndefined();
});

test("bytes outside ASCII and very long texts are left to others", () => {
  expect(readAnthropicTextDelta(anthropic.replace("Hi", "\xc3\xbc"))).toBeUndefined();
  const long = "a".repeat(10_000);
  expect(readAnthropicTextDelta(anthropic.replace("Hi", long))).toBeUndefined();
  expect(readConverseTextDelta(converse.replace("Gr", long))).toBeUndefined();
});

test("whatever is read is what JSON.parse reads (property)", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('"}', '"},"p":"x"}', "\\", '"', "}", "\u0000", "\u2028", "\ufeff"),
  );
  fc.assert(
    fc.property(piece, fc.nat(), fc.boolean(), (text, index, escaped) => {
      const inner = escaped ? JSON.stringify(text) : `"${text}"`;
      const payload = `{"contentBlockIndex":${index},"delta":{"text":${inner}}}`;
      const read = readConverseTextDelta(payload);
      if (read) {
        const { type, ...fields } = read;
        const parsed = JSON.parse(payload) as { p?: string };
        delete parsed.p;
        expect([type, fields]).toEqual(["contentBlockDelta", parsed]);
      }
      const chunk = `{"type":"content_block_delta","index":${index},"delta":{"type":"text_delta","text":${inner}}}`;
      const delta = readAnthropicTextDelta(chunk);
      if (delta) expect(delta).toEqual(JSON.parse(chunk));
    }),
    { numRuns: 1000 },
  );
});
