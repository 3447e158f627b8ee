import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, rmdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { delay } from "@freshet/core";

const packageFolder = join(import.meta.dirname, "../..");
export const command: string = join(packageFolder, "dist/cli/main.js");

const tsc = join(packageFolder, "../../node_modules/.bin/tsc");

/** A process runs what was compiled: brings that up to date. One test file at a time does it. */
export async function buildCommand(): Promise<void> {
  const lock = join(packageFolder, "dist.lock");
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      await delay(100);
    }
  }
  try {
    // The compiler's complaints are on its standard output.
    execFileSync(tsc, ["-b", "tsconfig.build.json"], { cwd: packageFolder, stdio: "inherit" });
  } finally {
    rmdirSync(lock);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `durable-streams serve` as a process of its own, on one port for all its lives. */
export class ServerProcess {
  readonly url: string;
  readonly origin: string;
  readonly #args: readonly string[];
  readonly #wrapper: readonly string[];
  /** The process that serves; not the wrapper's. */
  pid: number = 0;
  /** What it has logged since it was started last. */
  log: string = "";
  #child: ChildProcess | undefined;

  private constructor(
    port: number,
    storeArgs: readonly string[],
    wrapper: readonly string[],
    program: string,
  ) {
    this.origin = `http://127.0.0.1:${port}`;
    this.url = `${this.origin}/v1/stream`;
    this.#args = [program, "serve", ...storeArgs, "--port", String(port)];
    this.#wrapper = wrapper;
  }

  /**
   * @param wrapper - a command in front of it
   * @param program - the file of the command
   */
  static async start(
    storeArgs: readonly string[],
    wrapper: readonly string[] = [],
    program: string = command,
  ): Promise<ServerProcess> {
    const server = new ServerProcess(await freePort(), storeArgs, wrapper, program);
    await server.run();
    return server;
  }

  async run(): Promise<void> {
    const [program = "", ...args] = [...this.#wrapper, process.execPath, ...this.#args];
    // On a full disk LMDB says so on standard error, each time.
    const errors = this.#wrapper.length > 0 ? "ignore" : "inherit";
    const child = spawn(program, args, { stdio: ["ignore", "pipe", errors] });
    this.#child = child;
    this.log = "";
    const lines = createInterface(child.stdout);
    await new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        this.log += `${line}\n`;
        if (!line.includes('"listening"')) return;
        this.pid = (JSON.parse(line) as { pid: number }).pid;
        resolve();
      });
      child.once("exit", (code) => {
        reject(new Error(`The server ended with code ${String(code)} before it listened.`));
      });
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const code = await exited;
    // A wrapper that was killed leaves what it wrapped.
    if (this.#wrapper.length > 0) process.kill(this.pid, "SIGKILL");
    return code;
  }

  async killAndRestart(): Promise<void> {
    await this.stop("SIGKILL");
    await this.run();
  }

  /** For a server that somebody else starts again. */
  async untilReady(): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt++) {
      const response = await fetch(`${this.origin}/healthz`).catch(() => undefined);
      if (response?.ok) return;
      await delay(50);
    }
    throw new Error("The server did not come back.");
  }

  /** One value of /metrics. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.origin}/metrics`)).text();
    const line = text.split("\n").find((each) => each.startsWith(`${name} `));
    return Number(line?.split(" ")[1]);
  }
}
