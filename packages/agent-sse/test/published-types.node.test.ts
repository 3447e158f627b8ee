import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

/** Names that only the library "dom" declares: a server's compiler does not know them. */
const onlyInDom =
  /\b(HeadersInit|RequestCredentials|BodyInit|Underlying\w+|Document|Location|Window|EventListener\w*|MessageEvent)\b/g;

const sources = readdirSync(new URL("../src/", import.meta.url), {
  recursive: true,
  encoding: "utf8",
});

test.each(sources.filter((path) => path.endsWith(".ts")))(
  "the published types of src/%s name nothing that only a browser has",
  (path) => {
    const source = readFileSync(new URL(`../src/${path}`, import.meta.url), "utf8");
    const { outputText, diagnostics } = ts.transpileDeclaration(source, {
      reportDiagnostics: true,
      compilerOptions: { removeComments: true },
    });
    expect(diagnostics).toEqual([]);
    expect(outputText).not.toBe("");
    expect(outputText.match(onlyInDom)).toBeNull();
  },
);
