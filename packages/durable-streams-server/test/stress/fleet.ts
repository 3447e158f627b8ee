import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../src/testing/random.ts";
import type { Send } from "../../src/testing/stream-history.ts";
import { ServerProcess } from "../support/server-process.ts";
import { sendOverHttp } from "./http-request.ts";

/** What is done to one server while requests are under way. */
export interface Fault {
  /** Begins when so many requests of the round were sent. */
  readonly afterRequests: number;
  readonly kind: "kill" | "pause";
  readonly server: number;
  /** How long a pause lasts. */
  readonly ms: number;
}

/** How often a response is lost on its way, and how often the connection is cut before it comes. */
const DROPPED = 0.04;
const CUT = 0.04;

/** So often a request still goes to a server that is paused: whoever sends it does not know. */
const TO_PAUSED = 0.1;

/** Server processes on one store, and what happens to them. */
export class Fleet {
  readonly counts: { kills: number; pauses: number; lost: number; unknown: number } = {
    kills: 0,
    pauses: 0,
    lost: 0,
    unknown: 0,
  };
  readonly #servers: readonly ServerProcess[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #paused = new Set<number>();
  readonly #restarts = new Map<number, Promise<void>>();

  private constructor(servers: readonly ServerProcess[]) {
    this.#servers = servers;
  }

  static async start(storeArgs: readonly string[], count: number): Promise<Fleet> {
    const starts = Array.from({ length: count }, () =>
      ServerProcess.start([...storeArgs, "--log-level", "info"]),
    );
    return new Fleet(await Promise.all(starts));
  }

  get size(): number {
    return this.#servers.length;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await Promise.all(this.#restarts.values());
    await Promise.all(this.#servers.map((server) => server.stop("SIGKILL")));
  }

  /** Sends each request to one of the servers, while the faults happen. */
  sender(random: Random, faults: readonly Fault[]): { send: Send; settled: () => Promise<void> } {
    let sent = 0;
    const happening: Promise<void>[] = [];
    const send: Send = async (request) => {
      sent++;
      for (const fault of faults) {
        if (fault.afterRequests === sent) happening.push(this.#inflict(fault));
      }
      const isCut = random.chance(CUT);
      const isDropped = random.chance(DROPPED);
      if (isCut || isDropped) this.counts.lost++;
      for (;;) {
        const index = this.#pick(random);
        const server = String.fromCharCode(65 + index);
        const base = this.#servers[index]?.url ?? "";
        const cutAfterMs = isCut ? random.below(4) : undefined;
        const response = await sendOverHttp(this.#agent, base, request, cutAfterMs);
        if (response === "not sent") {
          // There is one who is there, or none: then who was killed comes back.
          if (this.#restarts.size === this.size) await this.#restarts.get(index);
          continue;
        }
        if (response === "unknown") this.counts.unknown++;
        return { server, response: isDropped ? "unknown" : response };
      }
    };
    return { send, settled: () => Promise.all(happening).then(() => undefined) };
  }

  #pick(random: Random): number {
    const there = [...this.#servers.keys()].filter((index) => !this.#restarts.has(index));
    const awake = there.filter((index) => !this.#paused.has(index));
    const choices = awake.length > 0 && !random.chance(TO_PAUSED) ? awake : there;
    return choices.length > 0 ? random.pick(choices) : random.below(this.size);
  }

  async #inflict({ kind, server: index, ms }: Fault): Promise<void> {
    const server = this.#servers[index];
    if (!server || this.#restarts.has(index) || this.#paused.has(index)) return;
    if (kind === "kill") {
      this.counts.kills++;
      const restart = server.killAndRestart();
      this.#restarts.set(index, restart);
      await restart;
      this.#restarts.delete(index);
      return;
    }
    this.counts.pauses++;
    this.#paused.add(index);
    process.kill(server.pid, "SIGSTOP");
    await delay(ms);
    process.kill(server.pid, "SIGCONT");
    this.#paused.delete(index);
  }
}
