import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ServiceMessage } from "../protocol/processes.ts";

/** A process of the demo, as its parent sees it. */
export interface ServiceHandle {
  readonly name: string;
  readonly pid: number;
  /** Its URL if it is a server, else empty. */
  readonly url: string;
  /** Sends it a message, see `receive` of `RunningService`. */
  send(message: object): void;
  /** Stops it gracefully and waits until it has ended. */
  stop(): Promise<void>;
  /** Kills it as a crash would: it cannot close anything. */
  kill(): Promise<void>;
}

export interface StartOptions<Report> {
  config: unknown;
  onReport?: ((report: Report) => void) | undefined;
  /** Called when the process ends without being stopped. */
  onCrash?: (message: string) => void;
}

/** How long a process may take to stop before it is killed, in milliseconds. */
const graceMs = 3000;

/** Starts the demo's processes and ensures that none of them outlives it. */
export class Supervisor implements AsyncDisposable {
  readonly #children = new Set<ChildProcess>();
  readonly #profileDir: string | undefined;

  /** @param profileDir - where each process writes its CPU profile when it ends */
  constructor(profileDir?: string) {
    this.#profileDir = profileDir;
  }

  /** Starts `services/NAME.js` and waits until it reports that it is ready. */
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
    let lastError = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastError = (lastError + text).slice(-4000);
    });
    let expected = false;
    const end = (signal: NodeJS.Signals) => {
      expected = true;
      return endChild(child, signal);
    };
    return new Promise((resolve, reject) => {
      child.on("message", (message: ServiceMessage<Report>) => {
        if (message.kind === "failed") lastError = message.message;
        if (message.kind === "report") options.onReport?.(message.report);
        if (message.kind !== "ready") return;
        const url = message.url ?? "";
        // A message to a process that has just died is for the one that replaces it.
        const send = (later: object) => {
          if (child.connected) child.send(later);
        };
        const [stop, kill] = [() => end("SIGTERM"), () => end("SIGKILL")];
        resolve({ name, pid: child.pid ?? 0, url, send, stop, kill });
      });
      child.on("exit", (code, signal) => {
        this.#children.delete(child);
        if (expected) return;
        const message = `The ${name} process ended (${signal ?? `exit code ${code ?? "unknown"}`}). ${lastError}`;
        options.onCrash?.(message);
        reject(new Error(message));
      });
    });
  }

  /** Kills every process without waiting, as the last thing before this process exits. */
  killAll(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopAll();
  }

  /** Stops every process that is still running. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#children].map((child) => endChild(child, "SIGTERM")));
  }
}

/** Arguments of Node that make a process write its CPU profile; NODE_OPTIONS does not take them. */
function profileArgs(name: string, folder: string | undefined): string[] {
  if (folder === undefined) return [];
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}
