#!/usr/bin/env node
import { UsageError, usage } from "./arguments.ts";
import { inspect } from "./inspect.ts";
import { serve } from "./serve.ts";

const [command, ...args] = process.argv.slice(2);
try {
  if (command === "serve") await serve(args);
  else if (command === "inspect") await inspect(args);
  else if (command === "--help" || command === "-h") console.log(usage);
  else throw new UsageError(command ? `There is no command ${command}.` : "Give a command.");
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const isUsage = error instanceof UsageError;
  console.error(`durable-streams: ${message}${isUsage ? "\nTry durable-streams --help." : ""}`);
  process.exitCode = isUsage ? 2 : 1;
}
