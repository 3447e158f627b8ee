import { fork } from "node:child_process";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { request } from "undici";
import { compare, type Comparison, type Contestant } from "../harness.ts";
import { parseAreaOptions, wholeNumber } from "../options.ts";
import { comparisonTable, formatMs, writeReport } from "../report.ts";
import { batchReaders, bytesReaders, itemReaders, memoryCurve, readAll, total } from "./reads.ts";
import { newStream } from "./setup.ts";
import { type Latency, operationLatency, tailLatency } from "./tails.ts";
import { appends, awaitedAppends, producers } from "./writes.ts";

const values = parseAreaOptions({
  appends: { type: "string", default: "100000" },
  rounds: { type: "string", default: "7" },
  samples: { type: "string", default: "2000" },
});
const count = wholeNumber("appends", values.appends);
const rounds = wholeNumber("rounds", values.rounds);
const samples = wholeNumber("samples", values.samples);
const mebibytes = 64;
const realItems = 200_000;

const server = fork(join(import.meta.dirname, "server.js"));
try {
  const urls = await new Promise<{ realUrl: string; cannedUrl: string }>((resolve, reject) => {
    server.once("message", resolve);
    server.once("exit", () => reject(new Error("The benchmark's servers did not start.")));
  });
  await writeReport("durable", "Durable streams, read and written", await measure(urls));
} finally {
  server.disconnect();
}

async function measure(urls: { realUrl: string; cannedUrl: string }): Promise<string> {
  const { realUrl, cannedUrl } = urls;
  const comparisons = [
    await one(`${String(count)} appends, real server`, appends(realUrl, count), count),
    await one(`${String(count)} appends, canned responses`, appends(cannedUrl, count), count),
    await one(`producer, ${String(count)} appends, real server`, producers(realUrl, count), count),
    await one(`producer, canned responses`, producers(cannedUrl, count), count),
    await one("64 MiB of bytes (MiB), real server", bytesReaders(await fill(realUrl)), mebibytes),
    await one("64 MiB of bytes (MiB), canned", bytesReaders(`${cannedUrl}/bytes`), mebibytes),
    await one(
      "200,000 JSON items in one response by batches, real server",
      batchReaders(await fillItems(realUrl), realItems),
      realItems,
    ),
    await one(
      "1,000,000 JSON items in 100 pages by batches, canned",
      batchReaders(`${cannedUrl}/paged`, total),
      total,
    ),
    // In pages, because the reference client's time is quadratic in the length of a response.
    await one(
      "1,000,000 JSON items in 100 pages one by one, canned",
      itemReaders(`${cannedUrl}/paged`, total),
      total,
    ),
  ];
  const latencies: [string, Latency[]][] = [
    [
      "one awaited append, real server",
      await operationLatency(await awaitedAppends(realUrl), samples),
    ],
    [
      "one awaited append, canned",
      await operationLatency(await awaitedAppends(cannedUrl), samples),
    ],
    ["live tail by SSE", await tailLatency(realUrl, "sse", samples)],
    ["live tail by long-poll", await tailLatency(realUrl, "long-poll", samples)],
  ];
  const memory = await memoryCurve(`${cannedUrl}/whole`);
  const all = await readAll(`${cannedUrl}/whole`);
  if (all !== total) throw new Error(`readJson returned ${all} of ${total} items.`);
  return [
    "The servers run in another process: the real one is @durable-streams/server in memory, the canned one sends responses that were built beforehand. Items are JSON of about 50 bytes.",
    comparisonTable(comparisons),
    `## Latency\n\n${latencyTable(latencies)}`,
    `## Memory\n\nHeap in MB, after a full collection, at ten points while 1,000,000 items of a single response are iterated: ${memory.map((mb) => mb.toFixed(1)).join(", ")}. \`readJson()\` of the same response returns all of them.`,
    `## Weight\n\nBundled for the browser with esbuild, minified and gzipped: ${await bundleKb("{ stream }")} kB to read, ${await bundleKb("*")} kB for everything.`,
    "What is slower than it should be, and why: [lab notes](durable-lab-notes.md).",
  ].join("\n\n");
}

function one<R>(
  workload: string,
  contestants: Contestant<R>[],
  units: number,
): Promise<Comparison> {
  const [first, ...others] = contestants;
  if (!first) throw new Error(`${workload} has no contestants.`);
  const equal = (ours: R, theirs: R) => ours === theirs;
  return compare(workload, { contestants: [first, ...others], equal, rounds, units });
}

/** Creates a stream of 64 MiB in messages of 1 MiB. */
async function fill(base: string): Promise<string> {
  const contentType = "application/octet-stream";
  const url = await newStream(base, contentType);
  for (let n = 0; n < mebibytes; n++) {
    const body = Buffer.alloc(1024 * 1024, "0123456789abcdef");
    const response = await request(url, {
      method: "POST",
      headers: { "content-type": contentType },
      body,
    });
    await response.body.dump();
  }
  return url;
}

/** Creates a closed stream of items in messages of 20,000; a live reader must reach its end. */
async function fillItems(base: string): Promise<string> {
  const url = await newStream(base, "application/json");
  const headers = { "content-type": "application/json" };
  for (let from = 0; from < realItems; from += 20_000) {
    const text = "twenty characters ..";
    const items = Array.from({ length: 20_000 }, (_item, n) => ({ n: from + n, text }));
    const isLast = from + 20_000 === realItems;
    const response = await request(url, {
      method: "POST",
      headers: isLast ? { ...headers, "stream-closed": "true" } : headers,
      body: JSON.stringify(items),
    });
    await response.body.dump();
  }
  return url;
}

function latencyTable(latencies: readonly (readonly [string, Latency[]])[]): string {
  const lines = [
    "| workload | contestant | p50 | p99 | p50 of ours is |",
    "| --- | --- | ---: | ---: | ---: |",
  ];
  for (const [workload, rows] of latencies) {
    const ours = rows[0]?.p50 ?? Number.NaN;
    for (const [index, { name, p50, p99 }] of rows.entries()) {
      const ratio = index === 0 ? "" : `${(ours / p50).toFixed(2)} of it`;
      lines.push(
        `| ${index === 0 ? workload : ""} | ${name} | ${formatMs(p50)} | ${formatMs(p99)} | ${ratio} |`,
      );
    }
  }
  return lines.join("\n");
}

async function bundleKb(names: string): Promise<string> {
  const contents = `export ${names} from "@freshet/durable-streams-client";`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    ...{ bundle: true, minify: true, format: "esm", platform: "browser", write: false },
    // The workspace's tsconfig would point esbuild at sources.
    tsconfigRaw: "{}",
  });
  return (gzipSync(outputFiles[0]?.contents ?? "").byteLength / 1000).toFixed(1);
}
