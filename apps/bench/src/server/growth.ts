import { median } from "../harness.ts";
import { formatMs } from "../report.ts";
import { Load } from "./load.ts";
import type { BenchServer } from "./servers.ts";

const ROUNDS = 300;
const UNMEASURED = 50;

/** Measures appends to, and reads at the end of, streams of each length, in turn: rows of a table. */
export async function growth(server: BenchServer, lengths: readonly number[]): Promise<string[]> {
  const load = new Load(server, 1);
  const samples: { length: number; path: string; appends: number[]; reads: number[] }[] = [];
  for (const length of lengths) {
    const path = await load.create();
    await load.fill(path, length);
    samples.push({ length, path, appends: [], reads: [] });
  }
  const timed = async (times: number[], work: () => Promise<void>) => {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  };
  const one = { streams: 1, writers: 1, count: 1 };
  for (let round = 0; round < ROUNDS; round++) {
    for (const { path, appends, reads } of samples) {
      const offset = await load.tail(path);
      await timed(appends, () => load.append([path], one));
      await timed(reads, () => load.readAt(path, offset));
    }
  }
  await load.close();
  const typical = (times: readonly number[]) => formatMs(median(times.slice(UNMEASURED)));
  return samples.map(
    ({ length, appends, reads }) =>
      `| ${server.name} | ${length.toLocaleString("en")} | ${typical(appends)} | ${typical(reads)} |`,
  );
}
