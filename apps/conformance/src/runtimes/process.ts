// The entry for Node, Bun and Deno: `process.js SERVERS` prints the outcomes as JSON.
import process from "node:process";
import { runAll } from "./all.ts";
import type { Servers } from "./round-trip.ts";

const outcomes = await runAll(JSON.parse(process.argv[2] ?? "{}") as Servers);
process.stdout.write(JSON.stringify(outcomes), () => process.exit());
