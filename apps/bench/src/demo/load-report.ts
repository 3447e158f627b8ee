import { cpus } from "node:os";
import { percentile } from "../harness.ts";
import { cutShare } from "./load.ts";
import type { LoadOptions } from "./options.ts";
import type { ProcessProfile } from "./profile.ts";
import type { ReaderResult } from "./reader.ts";

/** The results of one run under load. */
export interface Measurement {
  readonly results: readonly ReaderResult[];
  readonly processes: readonly { name: string; cpuSeconds: number; rssBytes: number }[];
  readonly elapsedSeconds: number;
  /** The CPU time of all processes of the machine meanwhile, including these. */
  readonly machineCpuSeconds: number;
}

/** Whether every token arrived exactly once. */
export function isComplete(options: LoadOptions, measurement: Measurement): boolean {
  const { expected, read, distinct, errors } = countsOf(options, measurement);
  return read === expected && distinct === expected && errors.length === 0;
}

export function loadReport(
  options: LoadOptions,
  measurement: Measurement,
  profiles: readonly ProcessProfile[],
): string {
  const { conversations, rate, seconds, warmUpSeconds, batchMs, server } = options;
  const { results, processes, elapsedSeconds } = measurement;
  const { expected, read, distinct, errors, reconnects, events } = countsOf(options, measurement);
  if (errors[0] !== undefined) console.error(errors[0]);
  const rows = processes.map(({ name, cpuSeconds, rssBytes }) => {
    const share = (100 * cpuSeconds) / elapsedSeconds;
    const perToken = (cpuSeconds / expected) * 1e6;
    return `| ${name} | ${share.toFixed(0)} % | ${perToken.toFixed(0)} µs | ${(rssBytes / 2 ** 20).toFixed(0)} MiB |`;
  });
  return [
    `${conversations} conversations at ${rate} tokens per second for ${seconds} s, gathered for ${batchMs} ms, one reader each, ` +
      `${100 * cutShare} % of the readers cut every second; durable streams server: ${server}, on disk. ` +
      `${warmUpSeconds} s of the same load warmed the processes up before. It took ${elapsedSeconds.toFixed(1)} s.`,
    "",
    "| from sending a frame to reading its event | p50 | p99 |",
    "| --- | ---: | ---: |",
    `| every token, including its wait in the batch | ${times(results.flatMap(({ tokenMs }) => tokenMs))} |`,
    `| the newest token of each event: the pipeline alone | ${times(results.flatMap(({ newestMs }) => newestMs))} |`,
    "",
    `${expected} tokens sent, ${read} read, ${expected - distinct} lost, ${read - distinct} repeated, ${errors.length} errors, ${reconnects} reconnects, ${events} events.`,
    "",
    "| process | CPU (100 % is one core) | per token | memory at the end |",
    "| --- | ---: | ---: | ---: |",
    ...rows,
    "",
    limitNote(options, measurement),
    ...(profiles.length > 0 ? ["", profileTable(options, profiles)] : []),
  ].join("\n");
}

function countsOf({ conversations, rate, seconds }: LoadOptions, { results }: Measurement) {
  const sum = (count: (result: ReaderResult) => number) =>
    results.reduce((total, result) => total + count(result), 0);
  return {
    expected: conversations * rate * seconds,
    read: sum(({ tokenMs }) => tokenMs.length),
    distinct: sum(({ distinct }) => distinct),
    reconnects: sum(({ reconnects }) => reconnects),
    events: sum(({ newestMs }) => newestMs.length),
    errors: results.flatMap(({ errors }) => errors),
  };
}

function times(ms: readonly number[]): string {
  return `${percentile(ms, 50).toFixed(1)} ms | ${percentile(ms, 99).toFixed(1)} ms`;
}

/** States what the load costs in CPU, independent of what else uses the machine. */
function limitNote(options: LoadOptions, measurement: Measurement): string {
  const { conversations, rate, seconds } = options;
  const { processes, machineCpuSeconds, elapsedSeconds } = measurement;
  const all = processes.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0);
  const largest = processes.reduce((most, one) => (one.cpuSeconds > most.cpuSeconds ? one : most));
  const others = Math.max(0, machineCpuSeconds - all) / elapsedSeconds;
  const { events } = countsOf(options, measurement);
  return (
    `All processes together took ${all.toFixed(1)} s of CPU, ${((all / (conversations * rate * seconds)) * 1e6).toFixed(0)} µs per token: ` +
    `at ${conversations} × ${rate} tokens per second that is ${(all / seconds).toFixed(1)} of ${cpus().length} cores, ` +
    `while everything else on the machine used ${others.toFixed(1)}. ` +
    `CPU is the limit, and it depends more on the number of events than on that of tokens: ${((all / events) * 1e6).toFixed(0)} µs per event, ` +
    "which is a request to the durable streams server, a write to its store, and a frame of text/event-stream over each of three connections. " +
    `The largest part is in ${largest.name}. ` +
    "Where the cores are busy, the times are mostly waits for a core; and a token waits in its batch for up to the time given above."
  );
}

const rowsOfProfile = 10;

/** Formats where each process spends its busy time: the areas with the largest self time. */
function profileTable(
  { profileSeconds }: LoadOptions,
  profiles: readonly ProcessProfile[],
): string {
  const cell = ({ areas }: ProcessProfile, row: number) => {
    const area = areas[row];
    return area ? `${(100 * area.share).toFixed(0)} % ${area.area}` : "";
  };
  return [
    "## Where the time goes",
    "",
    `CPU profiles of every process (V8's sampling profiler), taken in a separate run of ${profileSeconds} s under the same load: self time by area of code, as a share of the time in which the process was busy.`,
    "",
    `| ${profiles.map(({ name }) => name).join(" | ")} |`,
    `| ${profiles.map(() => "---").join(" | ")} |`,
    ...Array.from(
      { length: rowsOfProfile },
      (_, row) => `| ${profiles.map((profile) => cell(profile, row)).join(" | ")} |`,
    ),
  ].join("\n");
}
