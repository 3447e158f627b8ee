import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { percentile } from "../harness.ts";
import { writeReport } from "../report.ts";
import { startLoadModel } from "./load-model.ts";
import { type Usage, usageOf } from "./processes.ts";
import { LoadReader, type ReaderResult } from "./reader.ts";

// The demo under load: every process of it as it is, a model that stamps its tokens, and readers that
// are cut off. pnpm bench demo [--conversations 200] [--rate 50] [--seconds 10] [--batch 50]

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    conversations: { type: "string", default: "200" },
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "10" },
    batch: { type: "string", default: "50" },
    server: { type: "string", default: "freshet" },
  },
});
const conversations = Number(values.conversations);
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const tokens = rate * seconds;
const cutShare = 0.1;

interface Service {
  name: string;
  pid: number;
}

const demoMain = join(import.meta.dirname, "../../../demo/dist/main.js");

async function startDemo(bedrockUrl: string): Promise<{ demo: ChildProcess; url: string }> {
  const options = ["--no-run", "--bedrock-url", bedrockUrl, "--turns", String(conversations)];
  const args = [demoMain, ...options, "--batch", values.batch, "--server", values.server];
  const demo = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  const url = await new Promise<string>((resolve, reject) => {
    demo.stdout.on("data", (text: Buffer) => {
      out += text.toString();
      const found = /stays up at (\S+) until/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
    demo.once("exit", () => reject(new Error(`The demo ended: ${out}`)));
  });
  return { demo, url };
}

async function services(url: string, demoPid: number): Promise<Service[]> {
  const status = (await (await fetch(new URL("/status", url))).json()) as { services: Service[] };
  const proxy = { name: "demo (supervisor and proxy)", pid: demoPid };
  return [...status.services, proxy, { name: "bench (model and readers)", pid: process.pid }];
}

async function ask(url: string): Promise<string> {
  const response = await fetch(new URL("/agents", url), {
    method: "POST",
    body: JSON.stringify({ prompt: "Count." }),
  });
  if (!response.ok) throw new Error(`POST /agents: ${response.status} ${await response.text()}`);
  return new URL(((await response.json()) as { events: string }).events, url).href;
}

const model = await startLoadModel(tokens, rate);
const { demo, url } = await startDemo(model.url);
try {
  const processes = await services(url, demo.pid ?? 0);
  const before = await Promise.all(processes.map(({ pid }) => usageOf(pid)));
  const started = performance.now();
  const readers: LoadReader[] = [];
  let next = 0;
  const cutter = setInterval(() => {
    const count = Math.ceil(conversations * cutShare);
    for (let index = 0; index < count; index++) readers[next++ % readers.length]?.cut();
  }, 1000);
  // Spread over a second, so that no two of them have their tokens at the same moment.
  const converse = async (index: number) => {
    await new Promise((resolve) => setTimeout(resolve, (index / conversations) * 1000));
    const reader = new LoadReader(await ask(url));
    readers.push(reader);
    return reader.result;
  };
  const results = await Promise.all(
    Array.from({ length: conversations }, (_, index) => converse(index)),
  );
  clearInterval(cutter);
  const elapsed = (performance.now() - started) / 1000;
  const after = await Promise.all(processes.map(({ pid }) => usageOf(pid)));
  await report(processes, before, after, results, elapsed);
} finally {
  demo.kill("SIGTERM");
  await once(demo, "exit");
  model.close();
}

async function report(
  processes: readonly Service[],
  before: readonly Usage[],
  after: readonly Usage[],
  results: readonly ReaderResult[],
  elapsed: number,
): Promise<void> {
  const newest = results.flatMap(({ newestMs }) => newestMs);
  const all = results.flatMap(({ tokenMs }) => tokenMs);
  const expected = tokens * conversations;
  const read = results.reduce((sum, result) => sum + result.tokens, 0);
  const distinct = results.reduce((sum, result) => sum + result.distinct, 0);
  const reconnects = results.reduce((sum, result) => sum + result.reconnects, 0);
  const errors = results.flatMap((result) => result.errors);
  const ms = (values_: readonly number[], percent: number) =>
    percentile(values_, percent).toFixed(1);
  const rows = processes.map(({ name }, index) => {
    const cpu = (after[index]?.cpuSeconds ?? 0) - (before[index]?.cpuSeconds ?? 0);
    const rss = (after[index]?.rssBytes ?? 0) / 2 ** 20;
    return `| ${name} | ${((100 * cpu) / elapsed).toFixed(0)} % | ${rss.toFixed(0)} MiB |`;
  });
  const body = [
    `${conversations} conversations at ${rate} tokens a second for ${seconds} s, gathered for ${values.batch} ms, one reader each, ` +
      `${100 * cutShare} % of the readers cut every second; durable streams server: ${values.server}, on disk. ` +
      `It took ${elapsed.toFixed(1)} s.`,
    "",
    "| | p50 | p99 |",
    "| --- | ---: | ---: |",
    `| from an event's newest frame to the event at the reader | ${ms(newest, 50)} ms | ${ms(newest, 99)} ms |`,
    `| from every frame (with the wait for company) | ${ms(all, 50)} ms | ${ms(all, 99)} ms |`,
    "",
    `${expected} tokens sent, ${read} read, ${expected - distinct} lost, ${read - distinct} repeated, ${errors.length} errors, ${reconnects} reconnects, ${newest.length} events.`,
    "",
    "| process | CPU (100 % is one core) | memory at the end |",
    "| --- | ---: | ---: |",
    ...rows,
    "",
    limitNote(before, after, tokens * conversations),
  ].join("\n");
  if (errors[0] !== undefined) console.error(errors[0]);
  await writeReport("demo", "The demo under load", body);
  if (read !== expected || distinct !== expected || errors.length > 0) process.exitCode = 1;
}

/** What the work costs, whoever else uses the machine: it says how much of a machine it takes. */
function limitNote(before: readonly Usage[], after: readonly Usage[], count: number): string {
  const cpu = after.map(({ cpuSeconds }, index) => cpuSeconds - (before[index]?.cpuSeconds ?? 0));
  const all = cpu.reduce((sum, one) => sum + one, 0);
  return (
    `All processes together took ${all.toFixed(1)} s of CPU, ${((all / count) * 1e6).toFixed(0)} µs a token: ` +
    `at ${conversations} × ${rate} tokens a second that is ${(all / seconds).toFixed(1)} cores. ` +
    "CPU sets the limit; the worker, which decodes, numbers and writes every answer in one process, has the largest part. " +
    "Where other work has the cores, times are how long a process waits for its turn."
  );
}
