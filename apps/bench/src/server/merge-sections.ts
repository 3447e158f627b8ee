import { readFile } from "node:fs/promises";
import { reportFile, runLine } from "../report.ts";

/** What is measured at a time, with the heading it has in the report. */
export interface Section {
  readonly title: string;
  /** The text below the heading. */
  run(): Promise<string>;
}

/**
 * The report's text: the sections that were run, each with what it was run on, and the others as the
 * last report has them.
 */
export async function mergeSections(
  sections: Readonly<Record<string, Section>>,
  results: ReadonlyMap<string, string>,
): Promise<string> {
  const before = await readFile(reportFile("server"), "utf8").catch(() => "");
  const parts = before.split(/^(?=## )/m);
  const texts = Object.entries(sections).map(([name, { title }]) => {
    const result = results.get(name);
    if (result === undefined) return parts.find((part) => part.startsWith(`## ${title}\n`)) ?? "";
    return `## ${title}\n\n${runLine(`server ${name}`)}\n\n${result}\n`;
  });
  return texts.map((text) => text.trim()).join("\n\n");
}
