import { comparisonTable, formatMs, versioned, writeReport } from "../report.ts";
import { appends, warmUp } from "./appends.ts";
import { catchUp } from "./catch-up.ts";
import { footprint } from "./footprint.ts";
import { growth } from "./growth.ts";
import { sseLatency } from "./live.ts";
import { postgresRows } from "./postgres.ts";
import { mergeSections, type Section } from "./report.ts";
import { startPostgres, startServer, type BenchServer, type Kind } from "./servers.ts";

const reference = await versioned("@durable-streams/server");

/** Runs `work` with servers that nothing else uses, and stops them. */
async function withServers<const Kinds extends readonly Kind[]>(
  kinds: Kinds,
  work: (servers: { [Each in keyof Kinds]: BenchServer }, databaseUrl: string) => Promise<string>,
): Promise<string> {
  const names: Record<Kind, string> = {
    memory: "freshet, memory",
    lmdb: "freshet, LMDB",
    postgres: "freshet, PostgreSQL",
    "reference-memory": `${reference}, memory`,
    "reference-files": `${reference}, files`,
  };
  const postgres = kinds.includes("postgres") ? await startPostgres() : undefined;
  const servers: BenchServer[] = [];
  try {
    for (const kind of kinds) {
      const databaseUrl = kind === "postgres" ? postgres?.url : undefined;
      servers.push(await startServer(kind, names[kind], databaseUrl));
    }
    return await work(servers as { [Each in keyof Kinds]: BenchServer }, postgres?.url ?? "");
  } finally {
    for (const server of servers) await server.stop();
    await postgres?.stop();
  }
}

const one = { streams: 1, writers: 1 };
const many = { streams: 64, writers: 64 };
const hot = { streams: 1, writers: 64 };

const sections: Record<string, Section> = {
  memory: {
    title: "In memory",
    run: () =>
      withServers(["memory", "reference-memory"], async (servers) => {
        await warmUp(servers, 20_000);
        return comparisonTable([
          await appends("1 stream, 1 writer", servers, { ...one, count: 4000 }),
          await appends("64 streams, 64 writers", servers, { ...many, count: 8000 }),
          await catchUp("catch-up", servers),
        ]);
      }),
  },
  durable: {
    title: "Durable, on one machine",
    run: () =>
      withServers(["lmdb", "reference-files"], async (servers) => {
        await warmUp(servers, 2000);
        return comparisonTable([
          await appends("1 stream, 1 writer", servers, { ...one, count: 500 }),
          await appends("64 streams, 64 writers", servers, { ...many, count: 1500 }),
          await appends("one hot stream, 64 writers", servers, { ...hot, count: 512 }),
          await catchUp("catch-up", servers),
        ]);
      }),
  },
  postgres: {
    title: "Durable, in PostgreSQL",
    run: () =>
      withServers(["postgres"], async (servers, databaseUrl) => {
        await warmUp(servers, 10_000);
        return `PostgreSQL with its default settings, on the same two cores as the server and the load.

| appends to | streams | writers | under way at once, each | per second |
| --- | ---: | ---: | ---: | ---: |
${(await postgresRows(servers[0], databaseUrl)).join("\n")}`;
      }),
  },
  sse: {
    title: "An append to 200 SSE readers",
    run: () =>
      withServers(["memory", "lmdb", "postgres", "reference-files"], async (servers) => {
        const latencies: number[] = [];
        for (const server of servers) latencies.push(await sseLatency(server, 200, 40));
        const theirs = latencies.at(-1) ?? Number.NaN;
        const rows = servers.map(({ name }, index) => {
          const ours = latencies[index] ?? Number.NaN;
          const ratio = ours === theirs ? "" : `${(theirs / ours).toFixed(1)}x faster`;
          return `| ${name} | ${formatMs(ours)} | ${ratio} |`;
        });
        return `From before the append is sent until each reader has it; median over all.

| server | p50 | ours is |
| --- | ---: | ---: |
${rows.join("\n")}`;
      }),
  },
  growth: {
    title: "As a stream grows",
    run: () =>
      withServers(["memory", "lmdb", "postgres"], async (servers) => {
        await warmUp(servers, 5000);
        const rows: string[] = [];
        for (const server of servers) rows.push(...(await growth(server, [1, 1000, 1_000_000])));
        return `Messages were stored ten to an append: a million of them are 100,000 records.

| server | messages in it | append | read at its end |
| --- | ---: | ---: | ---: |
${rows.join("\n")}`;
      }),
  },
  footprint: {
    title: "Memory, at 10,000 of each",
    run: () =>
      withServers(["memory", "lmdb"], async (servers) => {
        const rows: string[] = [];
        for (const server of servers) {
          const { stream, reader } = await footprint(server, 10_000);
          rows.push(`| ${server.name} | ${Math.round(stream)} B | ${Math.round(reader)} B |`);
        }
        return `Heap and buffers after a collection; a reader is a long-poll with its socket.

| server | a stream | a waiting reader |
| --- | ---: | ---: |
${rows.join("\n")}`;
      }),
  },
};

const asked = process.argv.slice(3);
const unknown = asked.filter((name) => !(name in sections));
if (unknown.length > 0) {
  const names = Object.keys(sections).join(", ");
  throw new Error(`There is no ${unknown.join(", ")} to measure; there are: ${names}`);
}
const results = new Map<string, string>();
for (const [name, section] of Object.entries(sections)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const start = performance.now();
  const result = await section.run();
  results.set(name, result);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.error(`${section.title} (${seconds} s)\n\n${result}\n`);
}

await writeReport(
  "server",
  "The server",
  `Over HTTP, from one process to another on the same two cores; 256-byte JSON appends with producer headers,
one message a request, and a writer waits for its answer before it sends the next one unless a table says otherwise.
The load is written to sockets by hand, for all contestants alike, so that it takes as little as possible of the time.
Compression is off on both sides. "Durable" is answered when it is on disk.

${await mergeSections(sections, results)}
`,
);
