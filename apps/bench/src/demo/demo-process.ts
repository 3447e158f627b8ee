import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadOptions } from "./options.ts";

/** One of the processes that the load goes through. */
export interface MeasuredProcess {
  readonly name: string;
  readonly pid: number;
}

/** A running demo with all its processes. */
export interface RunningDemo {
  readonly url: string;
  readonly processes: readonly MeasuredProcess[];
  stop(): Promise<void>;
}

const demoMain = join(import.meta.dirname, "../../../demo/dist/main.js");

/** Starts the demo on the bench's model; with `profileDir` every process writes its CPU profile there. */
export async function startDemo(
  bedrockUrl: string,
  { conversations, batchMs, server }: LoadOptions,
  profileDir?: string,
): Promise<RunningDemo> {
  const args = [demoMain, "--no-run", "--bedrock-url", bedrockUrl, "--server", server];
  args.push("--turns", String(conversations), "--batch", String(batchMs));
  if (profileDir !== undefined) {
    args.unshift("--cpu-prof", `--cpu-prof-dir=${profileDir}`, "--cpu-prof-name=demo.cpuprofile");
    args.push("--profile", profileDir);
  }
  const demo = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await urlOf(demo);
  const status = (await (await fetch(new URL("/status", url))).json()) as {
    services: MeasuredProcess[];
  };
  return {
    url,
    processes: [
      ...status.services.map(({ name, pid }) => ({ name, pid })),
      { name: "demo (supervisor and proxy)", pid: demo.pid ?? 0 },
      { name: "bench (model and readers)", pid: process.pid },
    ],
    stop: async () => {
      demo.kill("SIGTERM");
      await once(demo, "exit");
    },
  };
}

function urlOf(demo: ChildProcess): Promise<string> {
  let out = "";
  return new Promise<string>((resolve, reject) => {
    demo.stdout?.on("data", (text: Buffer) => {
      out += text.toString();
      const found = /served at (\S+) until/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
    demo.once("exit", () => reject(new Error(`The demo ended before it served its page: ${out}`)));
  });
}
