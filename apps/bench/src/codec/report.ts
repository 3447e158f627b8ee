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
  /** Bytes, minified and gzipped. */
  readonly sizes: {
    readonly everything: number;
    readonly decoder: number;
    readonly smithy: number;
  };
  readonly smithyName: string;
}

export async function report({ goals, zlib, sizes, smithyName }: Figures): Promise<void> {
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
    "| what | figure | to reach |",
    "| --- | ---: | ---: |",
    `| 64 KiB frames: share of zlib.crc32's own speed | ${Math.round(zlib * 100)}% | 85% |`,
    `| browser bundle of everything, minified and gzipped | ${sizes.everything} B | at most 4096 B |`,
    `| the same of MessageDecoder and readEnvelope | ${sizes.decoder} B | |`,
    `| the same of ${smithyName}'s codec | ${sizes.smithy} B | |`,
  ];
  await writeReport("codec", "eventstream-codec against @smithy/core", lines.join("\n"));
}
