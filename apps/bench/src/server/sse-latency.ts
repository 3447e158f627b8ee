import { setMaxListeners } from "node:events";
import { Pool } from "undici";
import { percentile } from "../harness.ts";
import { formatMs } from "../report.ts";
import { Load } from "./load.ts";
import type { BenchServer } from "./servers.ts";

/** Measures 40 appends to 200 readers of each server, as rows compared with the last server. */
export async function sseRows(servers: readonly BenchServer[]): Promise<string[]> {
  const latencies: number[] = [];
  for (const server of servers) latencies.push(await sseLatency(server, 200, 40));
  const theirs = latencies.at(-1) ?? Number.NaN;
  return servers.map(({ name }, index) => {
    const ours = latencies[index] ?? Number.NaN;
    const ratio = index === servers.length - 1 ? "" : `${(theirs / ours).toFixed(1)}x faster`;
    return `| ${name} | ${formatMs(ours)} | ${ratio} |`;
  });
}

/**
 * Measures how long each of `readers` SSE readers waits for an append, from before it is sent, in
 * milliseconds: the median over all readers and appends.
 */
async function sseLatency(server: BenchServer, readers: number, appends: number): Promise<number> {
  const load = new Load(server, 1);
  const path = await load.create();
  const { origin } = new URL(server.url);
  const pool = new Pool(origin, { connections: readers, bodyTimeout: 0 });
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const latencies: number[] = [];
  let sent = 0;
  let received = 0;
  let onAllArrived: () => void = () => undefined;
  let ready = 0;
  const listen = async () => {
    const { body } = await pool.request({
      method: "GET",
      path: `${path}?offset=-1&live=sse`,
      signal: abort.signal,
    });
    for await (const chunk of body) {
      if (!(chunk as Buffer).includes("event: data")) {
        // The first control event: the reader has reached the tail.
        if (++ready === readers) onAllArrived();
        continue;
      }
      latencies.push(performance.now() - sent);
      if (++received % readers === 0) onAllArrived();
    }
  };
  let arrived = new Promise<void>((resolve) => (onAllArrived = resolve));
  const listening = Array.from({ length: readers }, () =>
    listen().catch((error: unknown) => {
      if (!abort.signal.aborted) throw error;
    }),
  );
  await arrived;
  for (let n = 0; n < appends; n++) {
    arrived = new Promise<void>((resolve) => (onAllArrived = resolve));
    sent = performance.now();
    await load.append([path], { streams: 1, writers: 1, count: 1 });
    await arrived;
  }
  abort.abort();
  await Promise.all(listening);
  await Promise.all([pool.destroy(), load.close()]);
  return percentile(latencies.slice(readers), 50);
}
