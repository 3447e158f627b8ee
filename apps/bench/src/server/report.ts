import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What is measured at a time, with the heading it has in the report. */
export interface Section {
  readonly title: string;
  /** The text below the heading. */
  run(): Promise<string>;
}

const file = join(import.meta.dirname, "../../../../docs/benchmarks/server.md");

/**
 * The report's text: the sections that were run, each with the command and the day, and the others as
 * the last report has them.
 */
export async function mergeSections(
  sections: Readonly<Record<string, Section>>,
  results: ReadonlyMap<string, string>,
): Promise<string> {
  const before = await readFile(file, "utf8").catch(() => "");
  const parts = before.split(/^(?=## )/m);
  const day = new Date().toISOString().slice(0, 10);
  const texts = Object.entries(sections).map(([name, { title }]) => {
    const result = results.get(name);
    if (result === undefined) return parts.find((part) => part.startsWith(`## ${title}\n`)) ?? "";
    return `## ${title}\n\n\`pnpm bench server ${name}\`, ${day}.\n\n${result}\n`;
  });
  return texts.map((text) => text.trim()).join("\n\n");
}
