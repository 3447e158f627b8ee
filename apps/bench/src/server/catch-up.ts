import { compare, type Comparison } from "../harness.ts";
import { Load } from "./load.ts";
import type { BenchServer } from "./servers.ts";

const MESSAGES = 20_000;

/** Compares reading a stream from its start. */
export async function catchUp(
  workload: string,
  servers: readonly [BenchServer, BenchServer],
): Promise<Comparison> {
  const prepare = async (server: BenchServer) => {
    const load = new Load(server, 64);
    const path = await load.create();
    await load.append([path], { streams: 1, writers: 64, count: MESSAGES });
    return { name: server.name, load, run: () => load.readAll(path) };
  };
  const ours = await prepare(servers[0]);
  const theirs = await prepare(servers[1]);
  const equal = (a: number, b: number) => a === MESSAGES && b === MESSAGES;
  const result = await compare(workload, {
    contestants: [ours, theirs],
    equal,
    rounds: 15,
    units: MESSAGES,
  });
  await Promise.all([ours.load.close(), theirs.load.close()]);
  return result;
}
