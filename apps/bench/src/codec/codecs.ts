import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type * as SmithyCodec from "@smithy/core/event-streams";
import type * as SmithySerde from "@smithy/core/serde";

export type Freshet = typeof import("@freshet/eventstream-codec");
export type Smithy = Pick<
  typeof SmithyCodec,
  "EventStreamCodec" | "getChunkedStream" | "MessageDecoderStream"
> &
  Pick<typeof SmithySerde, "toUtf8" | "fromUtf8">;

const smithyEntry = `
export { EventStreamCodec, getChunkedStream, MessageDecoderStream } from "@smithy/core/event-streams";
export { toUtf8, fromUtf8 } from "@smithy/core/serde";`;

/** Loads each codec as Node does, directly from its package. */
export async function nodeCodecs(): Promise<{ freshet: Freshet; smithy: Smithy }> {
  const [freshet, codec, serde] = await Promise.all([
    import("@freshet/eventstream-codec"),
    import("@smithy/core/event-streams"),
    import("@smithy/core/serde"),
  ]);
  return { freshet, smithy: { ...codec, ...serde } };
}

/** Loads each codec as a browser gets it: bundled for that platform, then run in Node. */
export async function portableCodecs(): Promise<{ freshet: Freshet; smithy: Smithy }> {
  const folder = await mkdtemp(join(tmpdir(), "freshet-bench-"));
  try {
    const load = async (name: string, entry: string): Promise<unknown> => {
      const file = join(folder, `${name}.mjs`);
      await writeFile(file, await bundle(entry));
      return import(pathToFileURL(file).href);
    };
    return {
      freshet: (await load("freshet", 'export * from "@freshet/eventstream-codec";')) as Freshet,
      smithy: (await load("smithy", smithyEntry)) as Smithy,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const exportsOf = (names: string) => `export { ${names} } from "@freshet/eventstream-codec";`;

const bundles = {
  "MessageDecoder and readEnvelope: enough to read a stream": exportsOf(
    "MessageDecoder, readEnvelope, EventStreamError",
  ),
  "all of decoding, the async iterator included": exportsOf(
    "decodeMessage, decodeMessages, MessageDecoder, readEnvelope, EventStreamError",
  ),
  "encodeMessage and the header builders": exportsOf("encodeMessage, header, EventStreamError"),
  "everything the package exports": 'export * from "@freshet/eventstream-codec";',
  "@smithy/core: EventStreamCodec and its streams": smithyEntry,
};

/** Measures browser bundles in bytes, minified and gzipped. */
export async function bundleSizes(): Promise<[what: string, bytes: number][]> {
  return Promise.all(
    Object.entries(bundles).map(async ([what, entry]): Promise<[string, number]> => {
      const { byteLength } = gzipSync(await bundle(entry, true), { level: 9 });
      return [what, byteLength];
    }),
  );
}

async function bundle(contents: string, minify = false): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify,
    format: "esm",
    platform: "browser",
    target: "es2022",
    // As for a user: the workspace's tsconfig, which points at sources, is not published.
    tsconfigRaw: "{}",
  });
  const [output] = outputFiles;
  if (!output) throw new Error("esbuild wrote no output.");
  return output.contents;
}
