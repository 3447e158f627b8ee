import { parseArgs, type ParseArgsConfig } from "node:util";
import { argumentsProblem } from "@freshet/core";

/** A command line that cannot be carried out; its message is one line for the user. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

type OptionsConfig = NonNullable<ParseArgsConfig["options"]>;
interface Config<Options extends OptionsConfig> {
  args: string[];
  options: Options;
}
type Values<Options extends OptionsConfig> = ReturnType<
  typeof parseArgs<Config<Options>>
>["values"];

/** Every area takes it; `writeReport` looks for it. */
const common = { write: { type: "boolean" } } as const;

/** Whether the report is also written to docs/benchmarks. */
export function writesReport(args: readonly string[] = process.argv): boolean {
  return args.includes("--write");
}

/** Parses the arguments after the area's name by `parseArgs`; throws {@link UsageError}. */
export function parseAreaOptions<const Options extends OptionsConfig>(
  options: Options,
  args: readonly string[] = process.argv.slice(3),
): Values<Options & typeof common> {
  return refused(() => parseArgs({ args: [...args], options: { ...options, ...common } }).values);
}

/** Parses the arguments of an area that takes names instead of options; throws {@link UsageError}. */
export function parseAreaNames(args: readonly string[] = process.argv.slice(3)): string[] {
  const config = { args: [...args], options: common, allowPositionals: true };
  return refused(() => parseArgs(config).positionals);
}

function refused<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(argumentsProblem(error));
  }
}

/** Converts an option's value to a whole number of at least `min`; throws {@link UsageError}. */
export function wholeNumber(name: string, value: string, min = 1): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min) return number;
  throw new UsageError(`Invalid --${name} "${value}": expected a whole number from ${min}.`);
}
