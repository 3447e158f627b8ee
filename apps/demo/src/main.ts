#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { runCommand } from "./cli/command.ts";
import { help, parseOptions } from "./cli/options.ts";
import { UsageError } from "./cli/usage-error.ts";

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === "help") process.stdout.write(help);
  else if (options === "version") process.stdout.write(`${await version()}\n`);
  else process.exitCode = await runCommand(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message} (--help lists the options)\n`);
  process.exitCode = 2;
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
