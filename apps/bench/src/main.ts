import { readdirSync } from "node:fs";
import { UsageError } from "./options.ts";

// Each area is a folder next to this file, whose main.ts runs when it is imported.
const areas = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const help = `Usage: pnpm bench AREA [options]

Measures an area against its peers and prints the report.

  bedrock  [--tokens N] [--rounds N] [--no-weight]
  codec
  demo     [--conversations N] [--rate N] [--seconds N] [--warm-up N] [--batch MS]
           [--server freshet|reference] [--profile-seconds N] [--profile-dir DIR]
  durable  [--appends N] [--rounds N] [--samples N]
  server   [memory] [durable] [postgres] [sse] [growth] [footprint]
  sse
  --write     with any area: also write the report to docs/benchmarks/AREA.md
  --help, -h  print this text

Exit status: 0 when the report is complete, 1 when a measurement fails, 2 for wrong options.
`;

const [, , area, ...args] = process.argv;
try {
  if ([area, ...args].some((arg) => arg === "--help" || arg === "-h")) process.stdout.write(help);
  else if (area === undefined) throw new UsageError(`Name an area: ${areas.join(", ")}.`);
  else if (!areas.includes(area)) {
    throw new UsageError(`Unknown area "${area}": expected one of ${areas.join(", ")}.`);
  } else await import(`./${area}/main.js`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message} (pnpm bench --help lists areas and options)\n`);
  process.exitCode = 2;
}
