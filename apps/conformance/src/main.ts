import { checkCaptures } from "./captures/check-captures.ts";
import { UsageError } from "./usage-error.ts";

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  captures: checkCaptures,
};

const help = `Usage: pnpm conformance COMMAND [arguments]

  captures DIR  decode every captured Bedrock response body NAME.bin of a folder at several chunk splits,
                and compare the events with those of the AWS SDK in NAME.expected.json
  --help, -h    print this text

Exit status: 0 when everything conforms, 1 when something differs, 2 for wrong arguments.
`;

const [name, ...args] = process.argv.slice(2);
try {
  if ([name, ...args].some((arg) => arg === "--help" || arg === "-h")) process.stdout.write(help);
  else if (name === undefined) throw new UsageError("Name a command.");
  else {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`Unknown command "${name}".`);
    process.exitCode = await command(args);
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message} (pnpm conformance --help lists the commands)\n`);
  process.exitCode = 2;
}
