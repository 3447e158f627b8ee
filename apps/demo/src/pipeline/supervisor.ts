import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ServiceMessage } from "../services/service.ts";

/** A process of the demo, seen from the one that started it. */
export interface ServiceHandle {
  readonly name: string;
  readonly pid: number;
  /** Where it listens, for those that do. */
  readonly url: string;
  /** Hands it a message, see `receive` of the service. */
  send(message: object): void;
  /** Ends it politely and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it as a crash would: it gets no chance to say goodbye. */
  kill(): Promise<void>;
}

export interface StartOptions<Report> {
  config: unknown;
  onReport?: ((report: Report) => void) | undefined;
  /** The process ended although nobody asked it to. */
  onCrash?: (message: string) => void;
}

/** How long a process may take to stop politely, in milliseconds. */
const graceMs = 3000;

/** Starts the demo's processes and sees to it that none of them outlives it. */
export class Supervisor {
  readonly #children = new Set<ChildProcess>();
  readonly #profileDir: string | undefined;

  /** @param profileDir - where each process writes its CPU profile when it ends */
  constructor(profileDir?: string) {
    this.#profileDir = profileDir;
  }

  /** Starts `services/NAME.js` and waits until it says that it is ready. */
  start<Report = never>(name: string, options: StartOptions<Report>): Promise<ServiceHandle> {
    const child = fork(
      join(import.meta.dirname, "../services", `${name}.js`),
      [JSON.stringify(options.config)],
      {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        execArgv: profileArgs(name, this.#profileDir),
      },
    );
    this.#children.add(child);
    let complaint = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-4000);
    });
    let expected = false;
    const end = (signal: NodeJS.Signals) => {
      expected = true;
      return endChild(child, signal);
    };
    return new Promise((resolve, reject) => {
      child.on("message", (message: ServiceMessage<Report>) => {
        if (message.kind === "failed") complaint = message.message;
        if (message.kind === "report") options.onReport?.(message.report);
        if (message.kind !== "ready") return;
        const url = message.url ?? "";
        // What is said to a process that has just died is for the one that replaces it.
        const send = (later: object) => {
          if (child.connected) child.send(later);
        };
        const [stop, kill] = [() => end("SIGTERM"), () => end("SIGKILL")];
        resolve({ name, pid: child.pid ?? 0, url, send, stop, kill });
      });
      child.on("exit", (code, signal) => {
        this.#children.delete(child);
        if (expected) return;
        const message = `The ${name} process ended (${signal ?? `exit code ${code ?? "unknown"}`}). ${complaint}`;
        options.onCrash?.(message);
        reject(new Error(message));
      });
    });
  }

  /** The last resort of a process that is exiting: nothing is waited for. */
  killAll(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  /** Ends every process that is left. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#children].map((child) => endChild(child, "SIGTERM")));
  }
}

/** NODE_OPTIONS does not take these. */
function profileArgs(name: string, folder: string | undefined): string[] {
  if (folder === undefined) return [];
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const impatience = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(impatience);
}
