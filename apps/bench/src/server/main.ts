import { parseAreaNames, UsageError } from "../options.ts";
import { comparisonTable, versioned, writeReport } from "../report.ts";
import { appends, warmUp } from "./appends.ts";
import { catchUp } from "./catch-up.ts";
import { footprint } from "./footprint.ts";
import { growth } from "./growth.ts";
import { sseRows } from "./sse-latency.ts";
import { postgresRows } from "./postgres.ts";
import { mergeSections, type Section } from "./merge-sections.ts";
import { startPostgres, startServer, type BenchServer, type Kind } from "./servers.ts";

const reference = await versioned("@durable-streams/server");

/** Runs `work` with servers that nothing else uses, then stops them. */
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

const inMemory = ["memory", "reference-memory"] as const;
const onDisk = ["lmdb", "postgres", "reference-files"] as const;
const one = { streams: 1, writers: 1 };
const many = { streams: 64, writers: 64 };
const hot = { streams: 1, writers: 64 };

const sections: Record<string, Section> = {
  memory: {
    title: "In memory",
    run: () =>
      withServers(inMemory, async (servers) => {
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

| appends to | streams | writers | in flight per writer | per second |
| --- | ---: | ---: | ---: | ---: |
${(await postgresRows(servers[0], databaseUrl)).join("\n")}`;
      }),
  },
  sse: {
    title: "An append to 200 SSE readers",
    run: () =>
      withServers([...inMemory, ...onDisk], async (servers) => {
        const rows = [
          ...(await sseRows(servers.slice(0, inMemory.length))),
          ...(await sseRows(servers.slice(inMemory.length))),
        ];
        return `From before the append is sent until each reader has received it; median over all. One server after the other, each compared
with the reference that stores its data in the same place.

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
        return `Messages were stored ten per append: a million of them are 100,000 records.

| server | messages in the stream | append | read at its end |
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
        return `Heap and buffers after a garbage collection; a reader is a long-poll with its socket.

| server | per stream | per waiting reader |
| --- | ---: | ---: |
${rows.join("\n")}`;
      }),
  },
};

const requested = parseAreaNames();
for (const name of requested) {
  if (Object.hasOwn(sections, name)) continue;
  const names = Object.keys(sections).join(", ");
  throw new UsageError(`Unknown section "${name}": expected one of ${names}.`);
}
const results = new Map<string, string>();
for (const [name, section] of Object.entries(sections)) {
  if (requested.length > 0 && !requested.includes(name)) continue;
  const start = performance.now();
  const result = await section.run();
  results.set(name, result);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.error(`${section.title} (${seconds} s)\n\n${result}\n`);
}

const preface =
  "Tables with a column of contestants are comparisons: compare the ratios, not the times; all contestants of a table ran interleaved in the same run. " +
  "In the other tables one server was measured after the other. " +
  "After the measurement, the messages of the comparisons, and those in PostgreSQL over HTTP, were counted in each server. " +
  "Below each heading is the run of its section: a section that is not run again keeps its figures.";

await writeReport(
  "server",
  "The server",
  `Over HTTP, from one process to another on the same two cores; 256-byte JSON appends with producer headers,
one message per request, and a writer waits for the response before it sends the next one unless a table says otherwise.
The load is written directly to sockets, in the same way for all contestants, so that it takes as little time as possible.
Compression is off on both sides. "Durable" means that the response is sent when the data is on disk.

${await mergeSections(sections, results)}
`,
  preface,
);
