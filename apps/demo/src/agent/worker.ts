import { agentEvent } from "@freshet/agent-sse";
import type { AgentEvent, DoneEvent } from "@freshet/core";
import { DurableStream, IdempotentProducer, stream } from "@freshet/durable-streams-client";
import { randomUUID } from "node:crypto";
import type { StreamUrls, TurnRequest } from "../streams.ts";

/** The event that opens a turn: what was asked. Plain consumers pass it through as an unknown type. */
export interface PromptEvent {
  type: "prompt";
  turn_id: string;
  text: string;
}

/** A turn's `done` says which turn it ends, and whether a restart of the worker ended it. */
export interface TurnDoneEvent extends DoneEvent {
  turn_id: string;
  interrupted?: boolean;
}

/** What an event of an agent's stream may be. */
export type DemoEvent = AgentEvent | PromptEvent | TurnDoneEvent;

export interface WorkerOptions {
  urls: StreamUrls;
  /** Answers one prompt; its last event is `done`. */
  runTurn: (prompt: string, signal: AbortSignal) => AsyncIterable<AgentEvent>;
  signal: AbortSignal;
  /** Told of every event that was handed to the durable stream, and when all of a turn is stored. */
  onWritten?: (event: DemoEvent) => void;
  onTurnStored?: (turn: TurnRequest) => void;
}

/**
 * Takes turns from the durable `turns` stream and writes their events to the agents' streams, until it
 * is aborted. Several workers may be alive by mistake (an old one that hangs, a new one that replaced
 * it): each takes the next epoch when it starts, so the stream refuses what an older one still writes.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { urls } = options;
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const epoch = await takeEpoch(urls);
  const asked = await stream<TurnRequest>(urls.turns, { live: false, signal });
  for (const turn of await asked.readJson()) {
    const state = await turnState(urls, turn);
    if (state !== "complete") await writeTurn(turn, epoch, state, { ...options, signal });
  }
  const later = await stream<TurnRequest>(urls.turns, { offset: asked.offset, signal });
  for await (const turn of later.iterJson()) {
    // Turns of different agents do not wait for each other; the first that fails ends the worker.
    writeTurn(turn, epoch, "new", { ...options, signal }).catch((error: unknown) =>
      failure.abort(error),
    );
  }
}

/** This worker's number among all that ever started, from 1: greater than that of every older one. */
async function takeEpoch(urls: StreamUrls): Promise<number> {
  const workers = new DurableStream({ url: urls.workers, contentType: "application/json" });
  const worker = randomUUID();
  await workers.append({ worker });
  const all = await stream<{ worker: string }>(urls.workers, { live: false });
  const started = await all.readJson();
  return started.findIndex((one) => one.worker === worker) + 1;
}

type TurnState = "new" | "open" | "complete";

async function turnState(urls: StreamUrls, { agentId, turnId }: TurnRequest): Promise<TurnState> {
  const url = urls.agent(agentId);
  const events = await stream<{ type: string; turn_id?: string; interrupted?: boolean }>(url, {
    live: false,
  });
  let state: TurnState = "new";
  for (const event of await events.readJson()) {
    if (event.turn_id !== turnId) continue;
    if (event.type === "prompt") state = "open";
    if (event.type === "done") state = event.interrupted ? "new" : "complete";
  }
  return state;
}

async function writeTurn(
  turn: TurnRequest,
  epoch: number,
  state: TurnState,
  { urls, runTurn, signal, onWritten, onTurnStored }: WorkerOptions,
): Promise<void> {
  const url = urls.agent(turn.agentId);
  const agent = new DurableStream({ url, contentType: "application/json" });
  const producer = new IdempotentProducer(agent, `turn-${turn.turnId}`, { epoch });
  const write = (event: DemoEvent) => {
    producer.append(event);
    onWritten?.(event);
  };
  if (state === "open") {
    // An earlier worker died in the middle of it: whoever reads on must not be left waiting.
    write(
      agentEvent.error("interrupted", "The worker was restarted. The question is asked again."),
    );
    write({ ...agentEvent.done({}), turn_id: turn.turnId, interrupted: true });
  }
  write({ type: "prompt", turn_id: turn.turnId, text: turn.prompt });
  for await (const event of runTurn(turn.prompt, signal)) {
    write(event.type === "done" ? { ...event, turn_id: turn.turnId } : event);
  }
  await producer.flush();
  onTurnStored?.(turn);
}
