import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidOptionError } from "../../src/errors.ts";
import { TextSplitter } from "../../src/read/text-splitter.ts";

test("TextSplitter decodes any text at every cut without splitting a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const splitter = new TextSplitter();
        const first = splitter.push(bytes.subarray(0, cut));
        expect(text.startsWith(first)).toBe(true);
        expect(new TextEncoder().encode(first).length + splitter.keptBytes).toBe(cut);
        expect(first + splitter.push(bytes.subarray(cut)) + splitter.end()).toBe(text);
      }
    }),
  );
});

test("TextSplitter decodes other encodings byte by byte", () => {
  const encodings = {
    "utf-16le": [0x3d, 0xd8, 0x42, 0xde, 0x61, 0x00],
    shift_jis: [0x82, 0xa0, 0x61],
    latin1: [0xe9, 0x61],
  };
  for (const [encoding, bytes] of Object.entries(encodings)) {
    const splitter = new TextSplitter(encoding);
    const text = bytes.map((byte) => splitter.push(Uint8Array.of(byte))).join("") + splitter.end();
    expect(text).toBe(new TextDecoder(encoding).decode(Uint8Array.from(bytes)));
  }
});

test("TextSplitter turns invalid bytes into U+FFFD, like TextDecoder, and continues", () => {
  const splitter = new TextSplitter();
  expect(splitter.push(Uint8Array.of(0x61, 0xff, 0x62))).toBe("a\ufffdb");
  expect(splitter.push(Uint8Array.of(0xe2, 0x82))).toBe("");
  expect(splitter.keptBytes).toBe(2);
  expect(splitter.end()).toBe("\ufffd");
});

test("TextSplitter keeps a byte order mark", () => {
  expect(new TextSplitter().push(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
});

test("TextSplitter rejects an unknown encoding", () => {
  expect(() => new TextSplitter("klingon")).toThrow(InvalidOptionError);
});
