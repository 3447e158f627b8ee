import { compare, type Comparison, type Contestant } from "../harness.ts";
import { Load, type AppendWork } from "./load.ts";
import type { BenchServer } from "./servers.ts";

type Servers = readonly [BenchServer, ...BenchServer[]];

/** Compares appends on each server in turn; afterwards each must hold what it acknowledged. */
export async function appends(
  workload: string,
  servers: Servers,
  load: AppendWork,
): Promise<Comparison> {
  const runs: Contestant<number>[] = [];
  const checks: (() => Promise<void>)[] = [];
  for (const server of servers) {
    const { run, check } = await contestant(server, load);
    runs.push({ name: server.name, run });
    checks.push(check);
  }
  const [first, ...others] = runs;
  if (!first) throw new Error(`${workload} has no servers.`);
  const result = await compare(workload, {
    contestants: [first, ...others],
    equal: (ours, theirs) => ours === theirs,
    rounds: 9,
    warmUps: 2,
    units: load.count,
  });
  for (const check of checks) await check();
  return result;
}

async function contestant(server: BenchServer, work: AppendWork) {
  const load = new Load(server, work.writers);
  // The same streams in each round: the reference's file store responds with 404 beyond 100 live ones,
  // and the cost of a longer stream is measured elsewhere.
  const paths: string[] = [];
  while (paths.length < work.streams) paths.push(await load.create());
  let appended = 0;
  return {
    run: async () => {
      await load.append(paths, work);
      appended += work.count;
      return work.count;
    },
    check: async () => {
      let held = 0;
      for (const path of paths) held += await load.readAll(path);
      await load.close();
      if (held === appended) return;
      throw new Error(`${server.name} holds ${held} of ${appended} messages.`);
    },
  };
}

/** Warms the servers up: the first thousands of requests are several times slower. */
export async function warmUp(servers: readonly BenchServer[], count: number): Promise<void> {
  for (const server of servers) {
    const load = new Load(server, 32);
    await load.append([await load.create()], { streams: 1, writers: 32, count });
    await load.close();
  }
}
