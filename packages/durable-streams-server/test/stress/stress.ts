import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkStreams, type Finding } from "../../src/testing/check-streams.ts";
import { knownFailures } from "../../src/testing/known-failures.ts";
import { Random } from "../../src/testing/random.ts";
import { StreamHistory } from "../../src/testing/stream-history.ts";
import { readAll, runClients } from "../../src/testing/stress-client.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Fleet, type Fault } from "./fleet.ts";

export interface StressOptions {
  readonly store: "postgres" | "lmdb";
  readonly servers: number;
  /** Of the first round; the next one has the next number. */
  readonly seed: number;
  readonly seconds: number;
  /** Whether some pauses outlast every timeout of a server, which is half a minute. */
  readonly longPauses: boolean;
  readonly onRound?: (round: Round) => void;
}

/** Requests on streams of their own, with faults among them. */
export interface Round {
  readonly seed: number;
  readonly requests: number;
  readonly repetitions: number;
  readonly findings: readonly Finding[];
}

export interface StressReport {
  readonly rounds: readonly Round[];
  readonly counts: Fleet["counts"];
}

const workload = { clients: 6, requests: 80, families: 5 };
const requestsOfRound = workload.clients * workload.requests;

/** Longer than a client waits, in milliseconds; and longer than a server waits for its database. */
const PAUSE_MS = 1500;
const LONG_PAUSE_MS = 33_000;

/** Rounds of requests until the time is over. */
export async function stress(options: StressOptions): Promise<StressReport> {
  const place = options.store === "postgres" ? await inPostgres() : await inFolder();
  try {
    const fleet = await Fleet.start(place.storeArgs, options.servers);
    try {
      return await runRounds(fleet, options);
    } finally {
      await fleet.stop();
    }
  } finally {
    await place.remove();
  }
}

async function runRounds(fleet: Fleet, options: StressOptions): Promise<StressReport> {
  const rounds: Round[] = [];
  const end = performance.now() + options.seconds * 1000;
  for (let seed = options.seed; performance.now() < end; seed++) {
    const round = await runRound(fleet, seed, options.longPauses);
    rounds.push(round);
    options.onRound?.(round);
  }
  return { rounds, counts: fleet.counts };
}

async function runRound(fleet: Fleet, seed: number, longPauses: boolean): Promise<Round> {
  const random = new Random(seed);
  const faults = faultsOf(random.split(), fleet.size, longPauses);
  const history = new StreamHistory();
  const { send, settled } = fleet.sender(random.split(), faults);
  const run = { random, history, send };
  const { repetitions } = await runClients(run, workload, `round-${seed}-`);
  await settled();
  for (let server = 0; server < fleet.size; server++) await readAll(run);
  const findings = checkStreams(history, knownFailures);
  return { seed, requests: history.requests.length, repetitions, findings };
}

function faultsOf(random: Random, servers: number, longPauses: boolean): Fault[] {
  const faults: Fault[] = [];
  const add = (kind: Fault["kind"], ms: number) => {
    const afterRequests = 1 + random.below(requestsOfRound);
    faults.push({ afterRequests, kind, server: random.below(servers), ms });
  };
  while (random.chance(0.5)) add("kill", 0);
  if (random.chance(0.25)) add("pause", PAUSE_MS + random.below(PAUSE_MS));
  if (longPauses && random.chance(0.02)) add("pause", LONG_PAUSE_MS);
  return faults;
}

interface Place {
  readonly storeArgs: readonly string[];
  readonly remove: () => Promise<void>;
}

async function inPostgres(): Promise<Place> {
  // The database itself is not killed here.
  const postgres = await PostgresServer.start(["fsync = off"]);
  return { storeArgs: ["--postgres", postgres.url], remove: () => postgres.remove() };
}

async function inFolder(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "freshet-stress-"));
  const remove = () => rm(folder, { recursive: true });
  return { storeArgs: ["--data", folder], remove };
}
