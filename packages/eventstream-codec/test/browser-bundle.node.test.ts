import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";

async function bundle(entry: string, format: "iife" | "esm"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify: true,
    format,
    ...(format === "iife" && { globalName: "codec" }),
    platform: "browser",
    target: "es2022",
    conditions: ["@freshet/source"],
    // What the package's `imports` map gives a browser; tsconfig.json points at Node's.
    alias: { "#crc32": join(import.meta.dirname, "../src/crc32/crc32-portable.ts") },
  });
  return outputFiles[0]?.text ?? "";
}

// Only what every browser and edge runtime has: a look at anything else is a ReferenceError.
const globals = { TextEncoder, TextDecoder, TransformStream, ReadableStream, crypto };

test("the browser bundle holds nothing of Node and runs without its globals", async () => {
  const code = await bundle(
    'export * from "../src/index.ts"; export * from "../src/sign-messages.ts";',
    "iife",
  );
  expect(code).not.toMatch(/\bnode:|\brequire\(|\bBuffer\b|\bprocess\b|\b__dirname\b/);
  const context = createContext({ ...globals });
  const result: unknown = runInContext(
    `${code};
    const { encodeMessage, header, MessageDecoder } = codec;
    const frame = encodeMessage({ headers: { a: header.string("b") }, payload: Uint8Array.of(1, 2) });
    const decoder = new MessageDecoder();
    const found = [];
    for (const byte of frame) for (const message of decoder.push(Uint8Array.of(byte))) {
      found.push(message.headers.getString("a"), message.payload.length);
    }
    decoder.end();
    found.join()`,
    context,
  );
  expect(result).toBe("b,2");
});

test("reading a stream takes at most 4 kB, minified and gzipped", async () => {
  const code = await bundle(
    'export { MessageDecoder, readEnvelope, EventStreamError } from "../src/index.ts";',
    "esm",
  );
  expect(gzipSync(code, { level: 9 }).byteLength).toBeLessThanOrEqual(4096);
});
