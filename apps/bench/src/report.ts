import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { writesReport } from "./options.ts";
import type { Comparison } from "./harness.ts";

const require = createRequire(import.meta.url);

/** Returns a package with its installed version, to name a contestant: `@smithy/core 3.41.0`. */
export async function versioned(packageName: string): Promise<string> {
  return `${packageName} ${await versionOf(packageName)}`;
}

async function versionOf(packageName: string): Promise<string> {
  // Not every package exports its package.json, so search the folders that could hold it.
  for (const folder of require.resolve.paths(packageName) ?? []) {
    try {
      const text = await readFile(join(folder, packageName, "package.json"), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // not installed here: try the next folder up
    }
  }
  throw new Error(`${packageName} is not installed next to the benchmarks.`);
}

/** Formats a Markdown table: one row per contestant, with the first one's ratio to each of the others. */
export function comparisonTable(comparisons: readonly Comparison[], unit = "s"): string {
  const lines = [
    `| workload | contestant | median | ${unit === "s" ? "per second" : unit} | ours is |`,
    "| --- | --- | ---: | ---: | ---: |",
  ];
  for (const { workload, rows } of comparisons) {
    for (const [index, row] of rows.entries()) {
      const perSecond = row.perSecond === undefined ? "" : formatCount(row.perSecond);
      const ratio = index === 0 ? "" : `${row.ratio.toFixed(2)}x faster`;
      const first = index === 0 ? workload : "";
      lines.push(
        `| ${first} | ${row.name} | ${formatMs(row.medianMs)} | ${perSecond} | ${ratio} |`,
      );
    }
  }
  return lines.join("\n");
}

export function formatMs(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(ms < 100 ? 2 : 0)} ms`;
}

export function formatCount(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(2)} M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(0)} k` : count.toFixed(1);
}

/** How to read a report of comparisons. */
const comparisonPreface =
  "Compare the ratios, not the times: all contestants of a table ran interleaved in the same run, and their results were compared before the clock started.";

/** Returns the path of an area's report. */
export function reportFile(area: string): string {
  return join(import.meta.dirname, "../../../docs/benchmarks", `${area}.md`);
}

/** Formats what was run, when and where: the command, the day, the Node version, the machine's shape. */
export function runLine(args: string): string {
  const day = new Date().toISOString().slice(0, 10);
  return `\`pnpm bench ${args}\`, ${day}, Node ${process.versions.node}, ${cpus().length} cores, ${process.platform} ${process.arch}.`;
}

/** Prints the report, with its {@link runLine} on top; with `--write` also to docs/benchmarks/AREA.md. */
export async function writeReport(
  area: string,
  title: string,
  body: string,
  preface: string = comparisonPreface,
): Promise<void> {
  const text = `# ${title}\n\n${runLine(area)}\n${preface}\n\n${body.trim()}\n`;
  console.log(text);
  if (!writesReport()) return;
  const file = reportFile(area);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
