#!/usr/bin/env node
import { inspect } from "./inspect.ts";
import { serve } from "./serve.ts";
import { UsageError, usage } from "./usage.ts";
import { packageVersion } from "./version.ts";

const [command, ...args] = process.argv.slice(2);
try {
  await run();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  console.error(`durable-streams: ${message}${isUsage ? "\nSee durable-streams --help." : ""}`);
  process.exitCode = isUsage ? 2 : 1;
}

async function run(): Promise<void> {
  if (command === "serve") await serve(args);
  else if (command === "inspect") await inspect(args);
  else if (command === "--help" || command === "-h") console.log(usage);
  else if (command === "--version" || command === "-v") console.log(packageVersion());
  else if (command === undefined) throw new UsageError("A command is missing: serve or inspect.");
  else throw new UsageError(`Unknown command ${command}: expected serve or inspect.`);
}
