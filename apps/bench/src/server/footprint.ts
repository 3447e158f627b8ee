import { setMaxListeners } from "node:events";
import { delay } from "@freshet/core";
import { Pool } from "undici";
import { Load } from "./load.ts";
import type { BenchServer } from "./servers.ts";

/** Measures the memory per stream and per waiting reader, in bytes, at `count` of each. */
export async function footprint(
  server: BenchServer,
  count: number,
): Promise<{ stream: number; reader: number }> {
  const load = new Load(server, 1);
  const empty = await server.memory();
  const paths: string[] = [];
  while (paths.length < count) {
    const batch = Array.from({ length: Math.min(100, count - paths.length) }, () => load.create());
    paths.push(...(await Promise.all(batch)));
  }
  const withStreams = await server.memory();
  const waiting = new Pool(new URL(server.url).origin, { connections: count, headersTimeout: 0 });
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  for (let n = 0; n < count; n++) {
    const path = `${paths[n % paths.length] ?? ""}?offset=now&live=long-poll`;
    waiting.request({ method: "GET", path, signal: abort.signal }).catch(() => undefined);
    if (n % 500 === 499) await load.tail(paths[0] ?? "");
  }
  await delay(2000);
  const withReaders = await server.memory();
  abort.abort();
  await Promise.all([waiting.destroy(), load.close()]);
  return { stream: (withStreams - empty) / count, reader: (withReaders - withStreams) / count };
}
