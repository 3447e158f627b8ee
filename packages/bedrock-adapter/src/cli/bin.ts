#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { eventsCommand } from "./events-command.ts";

// A reader such as `head` may leave early; that is its right and no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await eventsCommand(process.argv.slice(2), {
  readFile: (path) => (path === "-" ? buffer(process.stdin) : readFile(path)),
  out: (line) => void process.stdout.write(`${line}\n`),
  error: (line) => void process.stderr.write(`${line}\n`),
});
