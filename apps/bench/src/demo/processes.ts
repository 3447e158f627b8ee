import { readFile } from "node:fs/promises";
import { cpus } from "node:os";

/** The resources that a process has used so far. */
export interface Usage {
  /** Seconds of CPU, in user and system mode. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** Reads the usage on Linux, see proc(5): a clock tick is a hundredth of a second, a page 4 KiB. */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, memory] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile(`/proc/${pid}/statm`, "utf8"),
  ]);
  // The name may contain spaces; the fields after its bracket are counted from the third.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuSeconds: ticks / 100, rssBytes: Number(memory.split(" ")[1]) * 4096 };
}

/** Returns the seconds of CPU that all processes of the machine have used so far. */
export function machineCpuSeconds(): number {
  const busy = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return busy.reduce((sum, one) => sum + one, 0) / 1000;
}
