import { captures } from "./captures/check-captures.ts";

// `pnpm conformance COMMAND [arguments]`
const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  captures,
};

const [name = "", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command) {
  process.exitCode = await command(args);
} else {
  console.error(
    `usage: pnpm conformance COMMAND, where COMMAND is one of: ${Object.keys(commands).join(", ")}`,
  );
  process.exitCode = 2;
}
