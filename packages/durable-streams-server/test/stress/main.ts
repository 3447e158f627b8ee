import { parseArgs } from "node:util";
import { knownFailures } from "../../src/testing/known-failures.ts";
import { buildCommand } from "../support/server-process.ts";
import { stress, type Round, type StressOptions, type StressReport } from "./stress.ts";

const usage =
  "usage: pnpm stress:server -- [--seconds 600] [--seed N] [--servers 3] [--store postgres|lmdb]";

/** `pnpm stress:server`: exit code 1 on an anomaly, 2 for a wrong command line. */
export async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (!options) {
    console.error(usage);
    return 2;
  }
  const { store, servers, seed, seconds } = options;
  console.log(`${servers} on ${store}, seed ${seed}, ${seconds} s`);
  await buildCommand();
  const report = await stress({ ...options, longPauses: true, onRound });
  console.log(summary(report));
  return report.rounds.some(isWrong) ? 1 : 0;
}

/** `undefined` for what makes no sense. */
function parse(args: readonly string[]): Omit<StressOptions, "longPauses"> | undefined {
  const option = { type: "string" } as const;
  const options = { seconds: option, seed: option, servers: option, store: option };
  let values: Partial<Record<keyof typeof options, string>>;
  try {
    // pnpm hands the "--" on.
    ({ values } = parseArgs({ args: args.filter((arg) => arg !== "--"), options }));
  } catch {
    return undefined;
  }
  const { store = "postgres" } = values;
  if (store !== "postgres" && store !== "lmdb") return undefined;
  // One process at a time may have an LMDB folder open.
  const servers = Number(values.servers ?? (store === "lmdb" ? 1 : 3));
  const seconds = Number(values.seconds ?? 600);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const isValid =
    seconds > 0 &&
    Number.isSafeInteger(seed) &&
    Number.isInteger(servers) &&
    servers >= 1 &&
    (store === "postgres" || servers === 1);
  return isValid ? { store, servers, seconds, seed } : undefined;
}

const isWrong = ({ findings }: Round) => findings.some(({ kind }) => kind === "anomaly");

function onRound(round: Round): void {
  for (const { kind, text } of round.findings) {
    if (kind !== "known failure") console.log(`${kind}, seed ${round.seed}: ${text}\n`);
  }
}

function summary({ rounds, counts }: StressReport): string {
  const sum = (count: (round: Round) => number) =>
    rounds.reduce((total, round) => total + count(round), 0);
  const findings = rounds.flatMap((round) => round.findings);
  const countOf = (kind: string) => findings.filter((finding) => finding.kind === kind).length;
  const counted = {
    rounds: rounds.length,
    requests: sum(({ requests }) => requests),
    repetitions: sum(({ repetitions }) => repetitions),
    "responses lost on purpose": counts.lost,
    "outcomes unknown": counts.unknown,
    kills: counts.kills,
    pauses: counts.pauses,
    anomalies: countOf("anomaly"),
    undecided: countOf("undecided"),
  };
  return [
    ...Object.entries(counted).map(([name, count]) => `${name}: ${count}`),
    ...knownFailures.map((name) => {
      const found = findings.filter(({ kind, text }) => kind === "known failure" && text === name);
      return `known failure ${name}: in ${found.length} streams`;
    }),
  ].join("\n");
}
