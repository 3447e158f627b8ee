import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The root of the repository. */
export const repository: string = join(import.meta.dirname, "../../../..");

/** A ```ts block of a README. */
export interface Example {
  /** The README, relative to the repository. */
  readonly readme: string;
  /** The line of the README that the code begins on, from 1. */
  readonly line: number;
  readonly extension: "ts" | "tsx";
  readonly code: string;
  /** Whether `<!-- run -->` precedes it, so that the code is also executed. */
  readonly run: boolean;
  /** The ```text block after a block that is executed: its standard output. */
  readonly output: string | undefined;
}

export async function readExamples(): Promise<Example[]> {
  const packages = await readdir(join(repository, "packages"));
  const readmes = ["README.md", ...packages.map((name) => `packages/${name}/README.md`)];
  const all = await Promise.all(
    readmes.map(async (readme) =>
      extractExamples(readme, await readFile(join(repository, readme), "utf8")),
    ),
  );
  return all.flat();
}

export function extractExamples(readme: string, markdown: string): Example[] {
  const fence = /^(<!-- run -->\n+)?```(\w+)\n([\s\S]*?)^```$/gm;
  const blocks = [...markdown.matchAll(fence)];
  return blocks.flatMap((match, index): Example[] => {
    const [whole, marker, language, code = ""] = match;
    if (language !== "ts" && language !== "tsx") return [];
    const run = marker !== undefined;
    const next = run ? blocks[index + 1] : undefined;
    const before = markdown.slice(0, match.index) + whole.slice(0, whole.indexOf(code));
    return [
      {
        readme,
        line: before.split("\n").length,
        extension: language,
        code,
        run,
        output: next?.[2] === "text" ? next[3] : undefined,
      },
    ];
  });
}
