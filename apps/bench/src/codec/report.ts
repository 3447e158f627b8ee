import type { Comparison } from "../harness.ts";
import { formatCount, writeReport } from "../report.ts";

/** A comparison and the ratio it should reach, where one is asked for. */
export interface Goal {
  readonly target: number | undefined;
  readonly comparison: Comparison;
}

export interface Figures {
  readonly goals: readonly Goal[];
  /** Speed on large frames as a share of zlib.crc32's own. */
  readonly zlib: number;
  /** Decoding with the default checksum against AWS's, by size of frame. */
  readonly awsCrypto: readonly Comparison[];
  /** Bytes, minified and gzipped. */
  readonly sizes: readonly (readonly [what: string, bytes: number])[];
  readonly smithyName: string;
}

const notes = [
  "How to read it:",
  "",
  "- Both sides hand over every message's event type and payload. Theirs gives a headers object; ours checks all headers, and builds what is asked for.",
  "- `headers never alike` is the worst case of what we remember: every frame has a header value of its own, so that nothing is found in a cache and nothing is written into one.",
  "- Theirs has no synchronous way to cut a stream into messages; `push and read` is measured against its async iterator, the only one there is.",
  "- The portable rows run both sides' browser bundles in Node, where theirs has a byte-wise checksum table.",
  "- The whole package does not fit into 4 kB. What does is what a browser that reads a stream bundles. The rest is encoding (the checks of nine types and their messages), the iterator and the two streams.",
];

export async function report({
  goals,
  zlib,
  awsCrypto,
  sizes,
  smithyName,
}: Figures): Promise<void> {
  const lines = [
    `| work | frames/s | ${smithyName} | ratio | to reach |`,
    "| --- | ---: | ---: | ---: | ---: |",
    ...goals.map(({ target, comparison: { work, rows } }) => {
      const [ours, theirs] = rows;
      const cells = [
        work,
        formatCount(ours?.perSecond ?? Number.NaN),
        formatCount(theirs?.perSecond ?? Number.NaN),
        `**${(theirs?.ratio ?? Number.NaN).toFixed(2)}x**`,
        target === undefined ? "" : `${target}x`,
      ];
      return `| ${cells.join(" | ")} |`;
    }),
    "",
    `64 KiB frames, one a chunk, decode at **${Math.round(zlib * 100)}%** of the speed of zlib.crc32 over the same bytes and nothing else (to reach: 85%).`,
    "",
    "| browser bundle, minified and gzipped | bytes |",
    "| --- | ---: |",
    ...sizes.map(([what, bytes]) => `| ${what} | ${bytes} |`),
    "",
    "| decode with the checksum of `@aws-crypto/crc32` | frames/s | default | times slower |",
    "| --- | ---: | ---: | ---: |",
    ...awsCrypto.map(({ work, rows: [fast, slow] }) => {
      const speeds = [slow, fast].map((row) => formatCount(row?.perSecond ?? Number.NaN));
      return `| ${[work, ...speeds, (slow?.ratio ?? Number.NaN).toFixed(1)].join(" | ")} |`;
    }),
    "",
    ...notes,
  ];
  await writeReport("codec", "eventstream-codec against @smithy/core", lines.join("\n"));
}
