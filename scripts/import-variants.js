import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { sourceOf } from "./architecture/source-graph.js";

/**
 * How the variants behind each entry of a package's `imports` map differ in what they export: a name
 * that only one has, or one whose type another would not take. Types see one variant only, so nothing
 * else would notice.
 *
 * @param {string} folder of the package
 * @returns {string[]} one sentence per difference
 */
export function variantDifferences(folder) {
  const { imports = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const entries = Object.entries(imports).map(([name, targets]) => ({
    name,
    files: Object.values(targets).map((target) => join(folder, "src", sourceOf(target))),
  }));
  if (entries.length === 0) return [];
  const rootNames = entries.flatMap(({ files }) => files);
  const program = ts.createProgram({ rootNames, options: compilerOptions(folder) });
  return entries.flatMap(({ name, files: [first, ...others] }) =>
    others.flatMap((other) =>
      compareExports(program, first, other).map((difference) => `${name}: ${difference}`),
    ),
  );
}

function compilerOptions(folder) {
  const path = join(folder, "tsconfig.json");
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, readFile).config,
    ts.sys,
    folder,
  );
  return config.options;
}

function readFile(path) {
  return readFileSync(path, "utf8");
}

function compareExports(program, first, second) {
  const checker = program.getTypeChecker();
  const [inFirst, inSecond] = [first, second].map((file) => exportsOf(program, checker, file));
  const missing = (from, there, file) =>
    [...from.keys()].filter((name) => !there.has(name)).map((name) => `${file} lacks ${name}`);
  const different = [...inFirst].filter(
    ([name, symbol]) => inSecond.has(name) && !areEqual(checker, symbol, inSecond.get(name)),
  );
  return [
    ...missing(inFirst, inSecond, second),
    ...missing(inSecond, inFirst, first),
    ...different.map(([name]) => `${name} has another type in ${second} than in ${first}`),
  ];
}

function exportsOf(program, checker, file) {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} is not a module: an imports map names it.`);
  return new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      const isAlias = symbol.flags & ts.SymbolFlags.Alias;
      return [symbol.name, isAlias ? checker.getAliasedSymbol(symbol) : symbol];
    }),
  );
}

/** Each a value, a type or both, and as such assignable to the other. */
function areEqual(checker, one, other) {
  if (one === other) return true;
  const assignable = (a, b) => checker.isTypeAssignableTo(a, b) && checker.isTypeAssignableTo(b, a);
  return [
    [ts.SymbolFlags.Value, (symbol) => checker.getTypeOfSymbol(symbol)],
    [ts.SymbolFlags.Type, (symbol) => checker.getDeclaredTypeOfSymbol(symbol)],
  ].every(([meaning, typeOf]) => {
    const [has, hasOther] = [one, other].map((symbol) => (symbol.flags & meaning) !== 0);
    return has === hasOther && (!has || assignable(typeOf(one), typeOf(other)));
  });
}
