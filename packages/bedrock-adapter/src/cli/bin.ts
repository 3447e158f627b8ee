#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { eventsCommand } from "./events-command.ts";

// A reader such as `head` may close the pipe early, which is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");

process.exitCode = await eventsCommand(process.argv.slice(2), {
  version: (JSON.parse(manifest) as { version: string }).version,
  readFile: (path) => (path === "-" ? buffer(process.stdin) : readFile(path)),
  out: (line) => void process.stdout.write(`${line}\n`),
  error: (line) => void process.stderr.write(`${line}\n`),
});
