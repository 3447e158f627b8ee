import { agentEvent } from "@freshet/agent-sse";
import type { Message } from "@freshet/bedrock-adapter";
import { type AgentEvent, linkedAbort } from "@freshet/core";
import { DurableStream, stream } from "@freshet/durable-streams-client";
import type { TracedEvent } from "../frames/frame-attribution.ts";
import type { DemoEvent } from "../protocol/events.ts";
import type { Command, TurnRequest } from "../streams/commands.ts";
import { restartRetry } from "../streams/stream-urls.ts";
import { historyOf, turnState } from "./history.ts";
import { Limiter } from "./limiter.ts";
import { TurnWriter, type TurnWriterOptions } from "./turn-writer.ts";

export interface TurnSchedulerOptions extends TurnWriterOptions {
  /** Runs one prompt; the last event is `done`. */
  runTurn: (
    prompt: string,
    signal: AbortSignal,
    context: { history: readonly Message[]; turn: TurnRequest },
  ) => AsyncIterable<AgentEvent | TracedEvent>;
  /** Ends all turns without writing anything: the next worker resumes them. */
  signal: AbortSignal;
  /** How many turns may run at the same time; the others wait. Default 32. */
  maxRunning?: number | undefined;
  /** Called when all of a turn is stored. */
  onTurnStored?: ((turn: TurnRequest) => void) | undefined;
  /** Called when the number of turns that run or wait changes. */
  onLoad?: ((turns: number) => void) | undefined;
}

const stopped: unique symbol = Symbol("stopped by the user");

/** Runs the turns of all agents: those of one agent in order, those of different ones in parallel. */
export class TurnScheduler {
  readonly #options: TurnSchedulerOptions;
  readonly #epoch: number;
  readonly #onFailure: (error: unknown) => void;
  readonly #limiter: Limiter;
  /** The last turn of each agent that has not ended. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #stops = new Map<string, AbortController>();
  #load = 0;

  constructor(options: TurnSchedulerOptions, epoch: number, onFailure: (error: unknown) => void) {
    this.#options = options;
    this.#epoch = epoch;
    this.#onFailure = onFailure;
    this.#limiter = new Limiter(options.maxRunning ?? 32);
  }

  /** Schedules the turns that earlier workers did not finish. Returns how many of them had begun. */
  async resume(commands: readonly Command[]): Promise<number> {
    let interrupted = 0;
    for (const [index, command] of commands.entries()) {
      if (command.kind !== "turn") continue;
      const { agentId, turnId } = command;
      const state = turnState(await this.#events(agentId), turnId);
      if (state === "complete") continue;
      if (state === "open") interrupted++;
      const wasStopped = commands
        .slice(index)
        .some((later) => later.kind === "stop" && later.agentId === agentId);
      this.#begin(command, wasStopped);
    }
    return interrupted;
  }

  take(command: Command): void {
    if (command.kind === "turn") this.#begin(command, false);
    if (command.kind === "stop") this.#stops.get(command.agentId)?.abort(stopped);
  }

  #begin(turn: TurnRequest, wasStopped: boolean): void {
    const { agentId } = turn;
    const stop = new AbortController();
    if (wasStopped) stop.abort(stopped);
    const before = this.#last.get(agentId) ?? Promise.resolve();
    const running = before
      .then(() => this.#limiter.run(() => this.#run(turn, stop)))
      .catch(this.#onFailure)
      .finally(() => {
        if (this.#last.get(agentId) === running) this.#last.delete(agentId);
        this.#options.onLoad?.(--this.#load);
      });
    this.#last.set(agentId, running);
    this.#options.onLoad?.(++this.#load);
  }

  async #run(turn: TurnRequest, stop: AbortController): Promise<void> {
    const { runTurn, onTurnStored } = this.#options;
    const { agentId, prompt } = turn;
    const ending = linkedAbort(this.#options.signal, stop.signal);
    const { signal } = ending;
    const events = await this.#events(agentId);
    const state = turnState(events, turn.turnId);
    const writer = new TurnWriter(turn, this.#epoch, this.#options);
    if (state === "open") {
      // An earlier worker died in the middle of the turn, and its readers must not wait forever.
      const message = "The worker was restarted. The question is asked again.";
      writer.write(agentEvent.error("interrupted", message));
      writer.done({ interrupted: true });
    }
    writer.write({ type: "prompt", turn_id: turn.turnId, text: prompt });
    this.#stops.set(agentId, stop);
    try {
      signal.throwIfAborted();
      const context = { history: historyOf(events, turn.turnId), turn };
      for await (const event of runTurn(prompt, signal, context)) writer.write(event);
    } catch (error) {
      if (signal.reason !== stopped) throw error;
      writer.done({ stopped: true });
    } finally {
      ending.abort();
      if (this.#stops.get(agentId) === stop) this.#stops.delete(agentId);
    }
    await writer.flush();
    await this.#noteEnd(agentId, events.length + writer.count);
    onTurnStored?.(turn);
  }

  /** Notes the stream's tail as the end of the turn, a place to fork at: nobody else writes to it now. */
  async #noteEnd(agentId: string, index: number): Promise<void> {
    const { urls, signal } = this.#options;
    const options = { contentType: "application/json", retry: restartRetry, signal } as const;
    const { offset } = await new DurableStream({ ...options, url: urls.agent(agentId) }).head();
    if (offset === undefined) return;
    const commands = new DurableStream({ ...options, url: urls.turns, retryAppends: "always" });
    await commands.append({ kind: "turn-end", agentId, end: { index, offset } });
  }

  async #events(agentId: string): Promise<DemoEvent[]> {
    const url = this.#options.urls.agent(agentId);
    const { signal } = this.#options;
    const events = await stream<DemoEvent>(url, { live: false, retry: restartRetry, signal });
    return events.readJson();
  }
}
