import type { Comparison } from "../harness.ts";
import { formatCount, writeReport } from "../report.ts";

/** A comparison and the ratio that it should reach, if there is one. */
export interface Goal {
  readonly target: number | undefined;
  readonly comparison: Comparison;
}

export interface Figures {
  readonly goals: readonly Goal[];
  /** The speed on large frames as a share of zlib.crc32's speed. */
  readonly zlib: number;
  /** Decoding with the default checksum against that of AWS, by frame size. */
  readonly awsCrypto: readonly Comparison[];
  /** Bytes, minified and gzipped. */
  readonly sizes: readonly (readonly [what: string, bytes: number])[];
  readonly smithyName: string;
}

const notes = [
  "How to read it:",
  "",
  "- Both sides return every message's event type and payload. The peer builds an object of all headers; ours validates all headers and builds only those that are read.",
  "- `unique headers` is the worst case of our cache: every frame has a header value of its own, so nothing is found in the cache and nothing is added to it.",
  "- The peer cannot cut a stream into messages synchronously; `push and read` is measured against its async iterator, its only API.",
  "- The portable rows run both sides' browser bundles in Node, where the peer computes the checksum byte by byte from a table.",
  "- The whole package does not fit into 4 kB, but what a browser bundles to read a stream does. The rest is encoding (the validation of nine types and its messages), the iterator and the two streams.",
];

export async function report({
  goals,
  zlib,
  awsCrypto,
  sizes,
  smithyName,
}: Figures): Promise<void> {
  const lines = [
    `| workload | frames/s | ${smithyName} | ratio | target |`,
    "| --- | ---: | ---: | ---: | ---: |",
    ...goals.map(({ target, comparison: { workload, rows } }) => {
      const [ours, theirs] = rows;
      const cells = [
        workload,
        formatCount(ours?.perSecond ?? Number.NaN),
        formatCount(theirs?.perSecond ?? Number.NaN),
        `**${(theirs?.ratio ?? Number.NaN).toFixed(2)}x**`,
        target === undefined ? "" : `${target}x`,
      ];
      return `| ${cells.join(" | ")} |`;
    }),
    "",
    `64 KiB frames, one per chunk, decode at **${Math.round(zlib * 100)}%** of the speed of zlib.crc32 over the same bytes and nothing else (target: 85%).`,
    "",
    "| browser bundle, minified and gzipped | bytes |",
    "| --- | ---: |",
    ...sizes.map(([what, bytes]) => `| ${what} | ${bytes} |`),
    "",
    "| decode with the checksum of `@aws-crypto/crc32` | frames/s | default | times slower |",
    "| --- | ---: | ---: | ---: |",
    ...awsCrypto.map(({ workload, rows: [fast, slow] }) => {
      const speeds = [slow, fast].map((row) => formatCount(row?.perSecond ?? Number.NaN));
      return `| ${[workload, ...speeds, (slow?.ratio ?? Number.NaN).toFixed(1)].join(" | ")} |`;
    }),
    "",
    ...notes,
  ];
  await writeReport("codec", "eventstream-codec against @smithy/core", lines.join("\n"));
}
