import { compare, median, type Comparison, type Contestant } from "../harness.ts";
import { comparisonTable, formatMs, versioned, writeReport } from "../report.ts";
import { startPostgres, startServer, type BenchServer } from "./servers.ts";
import { Load, memoryOf, sseLatency } from "./works.ts";

const reference = await versioned("@durable-streams/server");
const postgres = await startPostgres();
const servers = {
  memory: await startServer("memory", "freshet, memory"),
  lmdb: await startServer("lmdb", "freshet, LMDB"),
  postgres: await startServer("postgres", "freshet, PostgreSQL", postgres.url),
  referenceMemory: await startServer("reference-memory", `${reference}, memory`),
  referenceFiles: await startServer("reference-files", `${reference}, files`),
};
const { memory, lmdb, referenceMemory, referenceFiles } = servers;

async function appends(
  work: string,
  contestants: readonly [BenchServer, ...BenchServer[]],
  { streams, writers, count }: { streams: number; writers: number; count: number },
): Promise<Comparison> {
  const loads = contestants.map((server) => new Load(server, writers));
  // The same streams in each round: the reference's file store answers 404 beyond 100 live ones, and
  // what a longer stream costs is measured below.
  const runs: Contestant<number>[] = [];
  const checks: (() => Promise<void>)[] = [];
  for (const load of loads) {
    const paths: string[] = [];
    for (let n = 0; n < streams; n++) paths.push(await load.create());
    let appended = 0;
    runs.push({
      name: load.server.name,
      run: async () => {
        await load.append(paths, writers, count);
        appended += count;
        return count;
      },
    });
    checks.push(async () => {
      let bytes = 0;
      for (const path of paths) bytes += await load.readAll(path);
      // A message and a comma; each page has its brackets.
      if (Math.abs(bytes - appended * 257) < 500) return;
      throw new Error(`${work}: ${load.server.name} does not hold what was appended`);
    });
  }
  const [first, ...others] = runs;
  if (!first) throw new Error("There is nobody to measure.");
  const result = await compare(work, {
    contestants: [first, ...others],
    equal: (ours, theirs) => ours === theirs,
    rounds: 7,
    warmUps: 1,
    units: count,
  });
  for (const check of checks) await check();
  console.error(
    `${work}: ${result.rows.map(({ name, ratio }) => `${name} ${ratio.toFixed(2)}`).join(", ")}`,
  );
  await Promise.all(loads.map((load) => load.close()));
  return result;
}

async function catchUp(
  work: string,
  contestants: readonly [BenchServer, BenchServer],
): Promise<Comparison> {
  const ready = await Promise.all(
    contestants.map(async (server) => {
      const load = new Load(server, 16);
      const path = await load.create();
      await load.append([path], 16, 20_000);
      return { name: server.name, load, run: () => load.readAll(path) };
    }),
  );
  const [ours, theirs] = ready;
  if (!ours || !theirs) throw new Error("There is nobody to measure.");
  const equal = (a: number, b: number) => Math.abs(a - b) < 100;
  const result = await compare(work, { contestants: [ours, theirs], equal, units: 20_000 });
  await Promise.all(ready.map(({ load }) => load.close()));
  return result;
}

/** Appends to, and reads at the end of, streams of each length; medians in milliseconds. */
async function growth(server: BenchServer, lengths: readonly number[]): Promise<string[]> {
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
  for (let round = 0; round < 300; round++) {
    for (const { path, appends: appendTimes, reads } of samples) {
      const offset = await load.tail(path);
      await timed(appendTimes, () => load.append([path], 1, 1));
      await timed(reads, () => load.readAt(path, offset));
    }
  }
  await load.close();
  return samples.map(
    ({ length, appends: appendTimes, reads }) =>
      `| ${server.name} | ${length.toLocaleString("en")} | ${formatMs(median(appendTimes.slice(50)))} | ${formatMs(median(reads.slice(50)))} |`,
  );
}

const one = { streams: 1, writers: 1, count: 500 };
const many = { streams: 64, writers: 64, count: 4000 };
const hot = { streams: 1, writers: 64, count: 1000 };
const comparisons = [
  await appends("memory, 1 stream, 1 writer", [memory, referenceMemory], one),
  await appends("memory, 64 streams, 64 writers", [memory, referenceMemory], many),
  await appends("durable, 1 stream, 1 writer", [lmdb, referenceFiles, servers.postgres], one),
  await appends("durable, 64 streams, 64 writers", [lmdb, referenceFiles, servers.postgres], many),
  await appends(
    "durable, one hot stream, 64 writers",
    [lmdb, referenceFiles, servers.postgres],
    hot,
  ),
  await catchUp("catch-up, memory", [memory, referenceMemory]),
  await catchUp("catch-up, LMDB and files", [lmdb, referenceFiles]),
];

const latencies: string[] = [];
const theirs = await sseLatency(referenceFiles, 200, 40);
for (const server of [memory, lmdb, servers.postgres]) {
  const ours = await sseLatency(server, 200, 40);
  latencies.push(`| ${server.name} | ${formatMs(ours)} | ${(theirs / ours).toFixed(1)}x faster |`);
}
latencies.push(`| ${referenceFiles.name} | ${formatMs(theirs)} | |`);

const lengths = [1, 1000, 1_000_000];
const grown = [
  ...(await growth(memory, lengths)),
  ...(await growth(lmdb, lengths)),
  ...(await growth(servers.postgres, lengths)),
];

const sizes: string[] = [];
for (const [kind, name] of [
  ["memory", memory.name],
  ["lmdb", lmdb.name],
] as const) {
  const fresh = await startServer(kind, name);
  const { stream, reader } = await memoryOf(fresh, 10_000);
  sizes.push(`| ${name} | ${Math.round(stream)} B | ${Math.round(reader)} B |`);
  await fresh.stop();
}

for (const server of Object.values(servers)) await server.stop();
await postgres.stop();

await writeReport(
  "server",
  "The server",
  `Over HTTP, from one process to another; 256-byte JSON appends with producer headers, one message each.
Compression is off on both sides. "Durable" is answered when it is on disk.

${comparisonTable(comparisons)}

## An append to 200 SSE readers

From before the append is sent until each reader has it; median over all.

| server | p50 | ours is |
| --- | ---: | ---: |
${latencies.join("\n")}

## As a stream grows

| server | messages in it | append | read at its end |
| --- | ---: | ---: | ---: |
${grown.join("\n")}

## Memory, at 10,000 of each

Heap and buffers after a collection; a reader is a long-poll with its socket.

| server | a stream | a waiting reader |
| --- | ---: | ---: |
${sizes.join("\n")}
`,
);
