import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import * as decoder from "../src/decoder.ts";
import * as everything from "../src/index.ts";

const run = promisify(execFile);

test("the entry decoder exports the classes of the main entry, so that instanceof works across both", () => {
  expect(everything).toMatchObject(decoder);
  expect(Object.keys(decoder).sort()).toEqual([
    "EventStreamError",
    "MessageDecoder",
    "readEnvelope",
  ]);
});

test("the entry decoder loads neither zlib nor the platform's streams before they are needed", async () => {
  const zlib = "NativeModule zlib";
  const streams = "NativeModule internal/webstreams/transformstream";
  const atStart = await builtinsLoaded("decoder.ts", "");
  expect(atStart).not.toContain(zlib);
  expect(atStart).not.toContain(streams);
  const large = "codec.crc32(new Uint8Array(1000));";
  expect(await builtinsLoaded("index.ts", large)).toEqual(expect.arrayContaining([zlib, streams]));
});

/** Node's own modules that a program has loaded after it imported one of ours. */
async function builtinsLoaded(entry: string, program: string): Promise<string[]> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "../src", entry)],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "codec",
    platform: "node",
    conditions: ["@freshet/source"],
    alias: { "#crc32": join(import.meta.dirname, "../src/crc32/crc32-node.ts") },
  });
  const code = `${outputFiles[0]?.text ?? ""};${program};
    console.log(JSON.stringify(process.moduleLoadList))`;
  const { stdout } = await run(process.execPath, ["-e", code]);
  return JSON.parse(stdout) as string[];
}
