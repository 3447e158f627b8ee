#!/usr/bin/env node
import { help, parseOptions, UsageError } from "./cli/options.ts";
import { runCommand } from "./cli/command.ts";

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === "help") process.stdout.write(help);
  else process.exitCode = await runCommand(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message} (--help lists the options)\n`);
  process.exitCode = 2;
}
