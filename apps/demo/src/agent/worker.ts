import { randomUUID } from "node:crypto";
import { linkedAbort } from "@freshet/core";
import { DurableStream, stream } from "@freshet/durable-streams-client";
import type { WorkerStart } from "../protocol/processes.ts";
import type { Command } from "../streams/commands.ts";
import { restartRetry, type StreamUrls } from "../streams/stream-urls.ts";
import { TurnScheduler, type TurnSchedulerOptions } from "./turn-scheduler.ts";

export interface WorkerOptions extends TurnSchedulerOptions {
  /** Called when the unfinished turns of the previous worker are scheduled. */
  onStarted?: ((started: WorkerStart) => void) | undefined;
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
  const scheduler = new TurnScheduler({ ...options, signal }, epoch, (error) =>
    ending.abort(error),
  );
  const stored = await stream<Command>(urls.turns, {
    live: false,
    signal,
    retry: restartRetry,
  });
  const interrupted = await scheduler.resume(await stored.readJson());
  options.onStarted?.({ epoch, interrupted });
  const later = await stream<Command>(urls.turns, {
    offset: stored.offset,
    signal,
    retry: { ...restartRetry, maxRetries: Infinity },
  });
  for await (const command of later.iterJson()) scheduler.take(command);
}

/** Takes this worker's number among all that ever started, from 1: greater than every older one's. */
async function takeEpoch(urls: StreamUrls): Promise<number> {
  const workers = new DurableStream({
    url: urls.workers,
    contentType: "application/json",
    retry: restartRetry,
    // Two entries of one worker do no harm.
    retryAppends: "always",
  });
  const worker = randomUUID();
  await workers.append({ worker });
  const all = await stream<{ worker: string }>(urls.workers, {
    live: false,
    retry: restartRetry,
  });
  const started = await all.readJson();
  return started.findIndex((one) => one.worker === worker) + 1;
}
