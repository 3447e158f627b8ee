// https://github.com/durable-streams/durable-streams/tree/main/packages/client-conformance-tests
import { Commands } from "./client-adapter/commands.ts";
import type { Command, Result } from "./client-adapter/protocol.ts";
import { errorResult } from "./client-adapter/result.ts";

/**
 * Runs the public client conformance protocol over stdin and stdout: one line of JSON in, exactly one out.
 * It is a thin layer over the public API of @freshet/durable-streams-client.
 */
const commands = new Commands();

async function resultOf(line: string): Promise<Result> {
  let command: Command | undefined;
  try {
    command = JSON.parse(line) as Command;
    return await commands.run(command);
  } catch (error) {
    return errorResult(command?.type ?? "init", error);
  }
}

// The runner continues while a read waits for data, so a command does not wait for the one before it. Its
// result does, because the runner matches results to commands by their order.
let written: Promise<unknown> = Promise.resolve();
function take(line: string): void {
  if (line.trim() === "") return;
  const running = resultOf(line);
  written = written.then(async () => {
    const result = await running;
    process.stdout.write(`${oneLine(result)}\n`);
    if (result.type === "shutdown") process.stdin.destroy();
  });
}

/** Formats a result as one line: readline ends lines at these characters too, so they are escaped. */
function oneLine(result: Result): string {
  return JSON.stringify(result).replace(
    /[\u0085\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

// Not by readline, for the same reason: commands may contain these characters unescaped.
let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) take(line);
});
process.stdin.on("end", () => {
  take(rest);
});
