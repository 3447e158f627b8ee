import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

async function bundle(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: "ts" },
    ...{ bundle: true, minify: true, format: "esm", platform: "browser", write: false },
    conditions: ["@freshet/source"],
    external: ["react"],
    metafile: true,
  });
  return {
    bytes: outputFiles[0]?.contents ?? new Uint8Array(),
    inputs: Object.keys(metafile.inputs),
  };
}

test("the parser and the client of a browser stay below 8.5 kB, minified and gzipped", async () => {
  const { bytes } = await bundle(
    'export { AgentEventParser, connectAgentStream } from "../src/index.ts"',
  );
  expect(gzipSync(bytes, { level: 9 }).length).toBeLessThanOrEqual(8500);
});

test("no entry imports the optional peer of another entry", async () => {
  const { inputs } = await bundle(
    'export * from "../src/view/react.ts"; export * from "../src/index.ts"',
  );
  const foreign = inputs.filter((path) => path.includes("node_modules"));
  // The one dependency, for JSON Patch.
  expect(foreign.filter((path) => !path.includes("node_modules/rfc6902/"))).toEqual([]);
});
