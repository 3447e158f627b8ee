import { postgresStore } from "@freshet/durable-streams-server/postgres";
import type { Store } from "@freshet/durable-streams-server";
import { compare } from "../harness.ts";
import { appends } from "./appends.ts";
import { message, type AppendWork } from "./load.ts";
import type { BenchServer } from "./servers.ts";

let producers = 0;

const data = new TextEncoder().encode(message);

/** Measures durable appends per second, over HTTP and in the store itself: rows of a table. */
export async function postgresRows(server: BenchServer, databaseUrl: string): Promise<string[]> {
  const overHttp = async (work: AppendWork) => {
    const result = await appends("PostgreSQL", [server], work);
    return row("HTTP", work, result.rows[0]?.perSecond);
  };
  const many = { streams: 64, writers: 64 };
  const rows = [
    await overHttp({ streams: 1, writers: 1, count: 1000 }),
    await overHttp({ ...many, count: 8000 }),
    await overHttp({ ...many, inFlight: 4, count: 16_000 }),
    await overHttp({ streams: 1, writers: 64, count: 8000 }),
  ];
  const store = postgresStore({ url: databaseUrl, schema: "bench_store" });
  try {
    for (const inFlight of [1, 4]) {
      const work = { ...many, inFlight, count: 16_000 };
      rows.push(row("the store itself", work, await storeAppends(store, work)));
    }
  } finally {
    await store.close();
  }
  return rows;
}

function row(target: string, work: AppendWork, perSecond = Number.NaN): string {
  const { streams, writers, inFlight = 1 } = work;
  const hundreds = Math.round(perSecond / 100) * 100;
  return `| ${target} | ${String(streams)} | ${String(writers)} | ${String(inFlight)} | ${hundreds.toLocaleString("en")} |`;
}

async function storeAppends(store: Store, work: AppendWork): Promise<number | undefined> {
  const contestant = {
    name: "freshet, PostgreSQL",
    run: async () => {
      let left = work.count;
      const write = async (writer: number) => {
        const path = `s${String(writer % work.streams)}`;
        const id = `p${String(++producers)}`;
        let seq = 0;
        const lane = async () => {
          while (left-- > 0) {
            const { status } = await store.append({
              path,
              contentType: "application/json",
              data,
              close: false,
              producer: { id, epoch: 0, seq: seq++ },
            });
            if (status !== "appended")
              throw new Error(`The store returned ${status}, expected appended.`);
          }
        };
        await Promise.all(Array.from({ length: work.inFlight ?? 1 }, lane));
      };
      await Promise.all(Array.from({ length: work.writers }, (_, writer) => write(writer)));
      return work.count;
    },
  };
  for (let n = 0; n < work.streams; n++) {
    await store.create({ path: `s${String(n)}`, contentType: "application/json", closed: false });
  }
  const result = await compare("PostgreSQL", {
    contestants: [contestant],
    equal: (ours, theirs) => ours === theirs,
    units: work.count,
  });
  return result.rows[0]?.perSecond;
}
