/**
 * Describes an error of `parseArgs` from `node:util` as one sentence for the user of a command. Node's own
 * messages have several lines, advice for programmers, or no end; any other error keeps its message.
 *
 * @example
 * ```ts
 * import { parseArgs } from "node:util";
 * import { argumentsProblem } from "@freshet/core";
 *
 * try {
 *   parseArgs({ args: ["--fast"] });
 * } catch (error) {
 *   console.error(argumentsProblem(error)); // Unknown option --fast.
 * }
 * ```
 */
export function argumentsProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const option = /^Option '(?:-\w, )?(-[^\s']*)/.exec(message)?.[1];
  if (option !== undefined) {
    return message.includes("does not take")
      ? `Option ${option} takes no value.`
      : `Option ${option} needs a value.`;
  }
  const [, problem, name] =
    /^(Unknown option|Unexpected argument) '(.*?)'(?:\. (?:To specify|This command)|$)/s.exec(
      message,
    ) ?? [];
  if (problem === undefined || name === undefined) return message;
  return problem === "Unknown option"
    ? `Unknown option ${name}.`
    : `Unexpected argument ${JSON.stringify(name)}.`;
}
