#!/usr/bin/env node
import { createReadStream, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { argumentsProblem } from "@freshet/core";
import { inspect } from "./inspect.ts";

const usage = `usage: eventstream inspect [FILE | -] [--json] [--summary]

Shows the frames of an AWS event stream (application/vnd.amazon.eventstream) as they arrive, one per
line: offset, lengths, checksums, headers and the start of the payload. Reads standard input if there
is no FILE.

  --json     print one JSON object per line, with the whole payload
  --summary  print only the number of frames and bytes, and of the events of each type
  --version  print the version
  --help     print this text

Exit code 1 at the first bad frame, 2 for a wrong option or a file that cannot be read.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let options;
  try {
    options = parseArguments();
  } catch (error) {
    return fail(`${argumentsProblem(error)}\nSee eventstream --help.\n`);
  }
  if (options.help || options.version) {
    process.stdout.write(options.help ? usage : `${readVersion()}\n`);
    return 0;
  }
  // A reader such as `head` may close the pipe early, which is not an error.
  process.stdout.on("error", () => process.exit(0));
  const source: Readable = options.file === "-" ? process.stdin : createReadStream(options.file);
  let readError: Error | undefined;
  source.on("error", (error: Error) => (readError = error));
  try {
    return await inspect(source, options, process.stdout, process.stderr);
  } catch (error) {
    if (readError === undefined) throw error;
    return fail(`Cannot read ${options.file}: ${readError.message}\n`);
  }
}

function parseArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      summary: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      version: { type: "boolean", short: "v", default: false },
    },
  });
  const [command, file = "-", ...rest] = positionals;
  if (!values.help && !values.version && command !== "inspect") {
    throw new Error(
      command === undefined
        ? "A command is missing: inspect."
        : `Unknown command ${command}: expected inspect.`,
    );
  }
  if (rest.length > 0) throw new Error(`Expected one FILE, not also ${rest.join(" ")}.`);
  const hasColors = process.stdout.isTTY && !process.env["NO_COLOR"];
  return { ...values, file, hasColors };
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function fail(message: string): number {
  process.stderr.write(`eventstream: ${message}`);
  return 2;
}
