import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type Json = Record<string, unknown>;

/** The built client adapter in a process of its own, driven as the public runner does it. */
export class AdapterProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterableIterator<string>;

  constructor() {
    const adapter = join(import.meta.dirname, "../../dist/client-adapter.js");
    this.#child = spawn(process.execPath, [adapter]);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  send(command: Json): Promise<Json> {
    return this.sendLine(JSON.stringify(command));
  }

  async sendLine(text: string): Promise<Json> {
    this.#child.stdin.write(`${text}\n`);
    const line = await this.#lines.next();
    return JSON.parse(line.value as string) as Json;
  }

  /** Waits until the process has ended by itself, and returns its exit code. */
  async exitCode(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }
}
