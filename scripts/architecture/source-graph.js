import { posix } from "node:path";
import ts from "typescript";

/**
 * What each source file of a package imports of the package itself, types included.
 *
 * @param {{ manifest: object, files: Map<string, string> }} pkg `files`: text by path below `src/`
 * @returns {Map<string, string[]>} paths by path; a package that imports itself by its name imports
 * its `index.ts`
 */
export function readSourceGraph({ manifest, files }) {
  const graph = new Map();
  for (const [file, text] of files) {
    const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
    const targets = imports.flatMap((name) => resolve(name, file, manifest));
    const missing = targets.find((target) => !files.has(target));
    if (missing)
      throw new Error(`${manifest.name}: src/${file} imports src/${missing}: no such file`);
    graph.set(file, [...new Set(targets)]);
  }
  return graph;
}

function resolve(name, file, manifest) {
  if (name.startsWith(".")) return [posix.join(posix.dirname(file), name)];
  // Each variant behind an entry of the imports map counts, whichever of them a platform takes.
  if (name.startsWith("#")) return Object.values(manifest.imports?.[name] ?? {}).map(sourceOf);
  return name === manifest.name || name.startsWith(`${manifest.name}/`) ? ["index.ts"] : [];
}

/** The path below `src/` of what is built as `./dist/….js`. */
export function sourceOf(built) {
  return built.replace(/^\.\/dist\//, "").replace(/\.js$/, ".ts");
}
