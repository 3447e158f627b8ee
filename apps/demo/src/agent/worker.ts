import { randomUUID } from "node:crypto";
import { linkedAbort } from "@freshet/core";
import { DurableStream, stream } from "@freshet/durable-streams-client";
import { type Command, patience, type StreamUrls } from "../streams/stream-urls.ts";
import { TurnDesk, type TurnDeskOptions } from "./turn-scheduler.ts";

export interface WorkerOptions extends TurnDeskOptions {
  /** Told when it has taken up what the worker before it left. */
  onStarted?: ((started: { epoch: number; interrupted: number }) => void) | undefined;
}

/**
 * Takes turns from the durable `turns` stream and writes their events to the agents' streams, until it
 * is aborted. Several workers may be alive by mistake (an old one that hangs, a new one that replaced
 * it): each takes the next epoch when it starts, so the stream refuses what an older one still writes.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { urls } = options;
  const ending = linkedAbort(options.signal);
  const { signal } = ending;
  const epoch = await takeEpoch(urls);
  // The first turn that fails for another reason than its model ends the worker.
  const desk = new TurnDesk({ ...options, signal }, epoch, (error) => ending.abort(error));
  const asked = await stream<Command>(urls.turns, { live: false, signal, backoff: patience });
  const interrupted = await desk.resume(await asked.readJson());
  options.onStarted?.({ epoch, interrupted });
  const later = await stream<Command>(urls.turns, {
    offset: asked.offset,
    signal,
    backoff: { ...patience, maxRetries: Infinity },
  });
  for await (const command of later.iterJson()) desk.take(command);
}

/** This worker's number among all that ever started, from 1: greater than that of every older one. */
async function takeEpoch(urls: StreamUrls): Promise<number> {
  const workers = new DurableStream({
    url: urls.workers,
    contentType: "application/json",
    backoff: patience,
    // Two entries of one worker do no harm.
    retryAppends: "always",
  });
  const worker = randomUUID();
  await workers.append({ worker });
  const all = await stream<{ worker: string }>(urls.workers, { live: false, backoff: patience });
  const started = await all.readJson();
  return started.findIndex((one) => one.worker === worker) + 1;
}
