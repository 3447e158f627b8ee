import { parseArgs, type ParseArgsConfig } from "node:util";

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

/** Parses the arguments after the area's name by `parseArgs`; throws {@link UsageError}. */
export function parseAreaOptions<const Options extends OptionsConfig>(
  options: Options,
  args: readonly string[] = process.argv.slice(3),
): Values<Options> {
  try {
    return parseArgs<Config<Options>>({ args: [...args], options }).values;
  } catch (error) {
    // The first sentence names the option; the rest explains positional arguments.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence ?? "Invalid options"}.`);
  }
}

/** Converts an option's value to a whole number of at least `min`; throws {@link UsageError}. */
export function wholeNumber(name: string, value: string, min = 1): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min) return number;
  throw new UsageError(`Invalid --${name} "${value}": expected a whole number from ${min}.`);
}
