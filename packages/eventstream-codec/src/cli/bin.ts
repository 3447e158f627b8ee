#!/usr/bin/env node
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { inspect } from "./inspect.ts";

const usage = `usage: eventstream inspect [FILE | -] [--json] [--summary]

Shows the frames of an AWS event stream (application/vnd.amazon.eventstream) as they come, one a line:
offset, lengths, checksums, headers and the start of the payload. Reads standard input without FILE.

  --json     one JSON object a line, with the whole payload
  --summary  only how many frames and bytes there are, and how many events of each type
  --help     this text

Exit status: 0 when all frames are good, 1 at the first bad one, 2 when there is nothing to read.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let options;
  try {
    options = parseArguments();
  } catch (error) {
    return fail(`${messageOf(error)}\n\n${usage}`);
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  // A reader that has seen enough (`head`) closes the pipe; that is no error of ours.
  process.stdout.on("error", () => process.exit(0));
  const source: Readable = options.file === "-" ? process.stdin : createReadStream(options.file);
  let readError: Error | undefined;
  source.on("error", (error: Error) => (readError = error));
  try {
    return await inspect(source, options, process.stdout, process.stderr);
  } catch (error) {
    if (readError === undefined) throw error;
    return fail(`cannot read ${options.file}: ${readError.message}\n`);
  }
}

function parseArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      summary: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [command, file = "-", ...rest] = positionals;
  if (!values.help && command !== "inspect") {
    throw new Error(command === undefined ? "a command is missing" : `unknown command ${command}`);
  }
  if (rest.length > 0) throw new Error(`one file at a time, not also ${rest.join(" ")}`);
  const hasColors = process.stdout.isTTY && !process.env["NO_COLOR"];
  return { ...values, file, hasColors };
}

function fail(message: string): number {
  process.stderr.write(`eventstream: ${message}`);
  return 2;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
