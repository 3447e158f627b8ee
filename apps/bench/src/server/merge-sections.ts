import { readFile } from "node:fs/promises";
import { reportFile, runLine } from "../report.ts";

/** A part of the report that can be measured alone, with its heading. */
export interface Section {
  readonly title: string;
  /** Measures, and returns the text below the heading. */
  run(): Promise<string>;
}

/**
 * Composes the report: the sections that were run, each with its run line, and the others as they are in
 * the last report.
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
