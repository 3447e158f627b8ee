import { agentEvent } from "@freshet/agent-sse";
import type { Message } from "@freshet/bedrock-adapter";
import { type AgentEvent, linkedAbort } from "@freshet/core";
import { DurableStream, IdempotentProducer, stream } from "@freshet/durable-streams-client";
import type { DemoEvent } from "../protocol/events.ts";
import {
  type Command,
  patience,
  type StreamUrls,
  type TurnRequest,
} from "../streams/stream-urls.ts";
import { historyOf, turnState } from "./history.ts";
import { Limiter } from "./limiter.ts";
import type { TracedEvent } from "../frames/frame-attribution.ts";

export interface TurnDeskOptions {
  urls: StreamUrls;
  /** Answers one prompt; its last event is `done`. */
  runTurn: (
    prompt: string,
    signal: AbortSignal,
    context: { history: readonly Message[]; turn: TurnRequest },
  ) => AsyncIterable<AgentEvent | TracedEvent>;
  /** Ends all turns without a word: the next worker takes them up. */
  signal: AbortSignal;
  /** How many turns may run at the same time; the others wait. Default 32. */
  maxRunning?: number | undefined;
  /** Whether events say where they come from, for the page. Default: they do not. */
  recordsWire?: boolean | undefined;
  /** Told of every event that was handed to the durable stream, and when all of a turn is stored. */
  onWritten?: ((event: DemoEvent, turn: TurnRequest) => void) | undefined;
  onTurnStored?: ((turn: TurnRequest) => void) | undefined;
  /** How many turns run or wait. */
  onLoad?: ((turns: number) => void) | undefined;
}

const stopped: unique symbol = Symbol("stopped by the user");

/** Runs the turns of all agents: those of one agent in order, those of different ones side by side. */
export class TurnDesk {
  readonly #options: TurnDeskOptions;
  readonly #epoch: number;
  readonly #onFailure: (error: unknown) => void;
  readonly #limiter: Limiter;
  /** The last turn of each agent that is not over. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #stops = new Map<string, AbortController>();
  #load = 0;

  constructor(options: TurnDeskOptions, epoch: number, onFailure: (error: unknown) => void) {
    this.#options = options;
    this.#epoch = epoch;
    this.#onFailure = onFailure;
    this.#limiter = new Limiter(options.maxRunning ?? 32);
  }

  /** Takes up what earlier workers left. Returns how many turns they had begun and not ended. */
  async resume(commands: readonly Command[]): Promise<number> {
    let interrupted = 0;
    for (const [index, command] of commands.entries()) {
      if (!isTurn(command)) continue;
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
    if (isTurn(command)) this.#begin(command, false);
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
      // An earlier worker died in the middle of it: whoever reads on must not be left waiting.
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

  /** Nobody else writes to the stream now, so its tail is the end of the turn: a place to fork at. */
  async #noteEnd(agentId: string, index: number): Promise<void> {
    const { urls, signal } = this.#options;
    const options = { contentType: "application/json", backoff: patience, signal } as const;
    const { offset } = await new DurableStream({ ...options, url: urls.agent(agentId) }).head();
    if (offset === undefined) return;
    const commands = new DurableStream({ ...options, url: urls.turns, retryAppends: "always" });
    await commands.append({ kind: "turn-end", agentId, end: { index, offset } });
  }

  async #events(agentId: string): Promise<DemoEvent[]> {
    const url = this.#options.urls.agent(agentId);
    const { signal } = this.#options;
    const events = await stream<DemoEvent>(url, { live: false, backoff: patience, signal });
    return events.readJson();
  }
}

/** Writes the events of one attempt at a turn, exactly once. */
class TurnWriter {
  readonly #turn: TurnRequest;
  readonly #epoch: number;
  readonly #options: TurnDeskOptions;
  readonly #producer: IdempotentProducer;
  #count = 0;

  constructor(turn: TurnRequest, epoch: number, options: TurnDeskOptions) {
    this.#turn = turn;
    this.#epoch = epoch;
    this.#options = options;
    const url = options.urls.agent(turn.agentId);
    const agent = new DurableStream({
      url,
      contentType: "application/json",
      backoff: { ...patience, maxRetries: Infinity },
    });
    // The tokens were gathered before; what is written while a request is under way shares the next one.
    this.#producer = new IdempotentProducer(agent, `turn-${turn.turnId}`, { epoch, lingerMs: 0 });
  }

  /** How many events it has written. */
  get count(): number {
    return this.#count;
  }

  write(event: TracedEvent | DemoEvent): void {
    const { frames = [], ...plain } = event as TracedEvent;
    const isDone = plain.type === "done";
    const wire = { epoch: this.#epoch, n: this.#count++, at: Date.now(), frames };
    const written = {
      ...plain,
      ...(isDone && { turn_id: this.#turn.turnId }),
      ...(this.#options.recordsWire && { wire }),
    } as DemoEvent;
    this.#producer.append(written);
    this.#options.onWritten?.(written, this.#turn);
  }

  /** Ends the attempt before its answer is complete. */
  done(why: { interrupted: true } | { stopped: true }): void {
    this.write({ ...agentEvent.done({}), turn_id: this.#turn.turnId, ...why });
  }

  flush(): Promise<void> {
    return this.#producer.flush();
  }
}

function isTurn(command: Command): command is TurnRequest {
  return command.kind === undefined || command.kind === "ask";
}
