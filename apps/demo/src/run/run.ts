import { readErrorBody } from "@freshet/core";
import { FirstResponse } from "../bedrock/captured-response.ts";
import { startCuttingProxy } from "../faults/cutting-proxy.ts";
import { planFaults } from "../faults/fault-plan.ts";
import { seededRandom } from "../faults/random.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { ResponseSource } from "../pipeline/response-source.ts";
import type { Supervisor } from "../pipeline/supervisor.ts";
import type { CreatedConversation } from "../protocol/api.ts";
import type { DemoEvent } from "../protocol/events.ts";
import type { ReaderCommand, ReaderReport } from "../protocol/processes.ts";
import { Tally, type TallySummary } from "../protocol/tally.ts";
import type { Display } from "./display.ts";
import { FaultRunner } from "./fault-runner.ts";
import { RunProgress } from "./run-progress.ts";
import { summarise, type Summary } from "./summary.ts";

export interface RunOptions {
  readonly prompt: string;
  /** How many times the reader's connection is cut. */
  readonly cuts: number;
  readonly seed: number;
  readonly supervisor: Supervisor;
  readonly pipeline: Pipeline;
  readonly source: ResponseSource;
  readonly display: Display;
  readonly signal: AbortSignal;
}

/** Sends one prompt, breaks the pipeline again and again, and compares what was written and read. */
export async function runOnce(options: RunOptions): Promise<Summary> {
  const { prompt, cuts, seed, source, supervisor, display, pipeline } = options;
  await using proxy = await startCuttingProxy("event: done\n");
  proxy.setTarget(pipeline.webUrl());
  const progress = new RunProgress(options.signal);
  const response = new FirstResponse();
  pipeline.reports.on("worker", progress.onWorker);
  pipeline.reports.on("crash", progress.fail);
  try {
    const reader = await supervisor.start<ReaderReport>("reader", {
      config: {},
      onReport: (report) => {
        if (report.kind === "event") {
          response.add(report.event);
          display.event(report.event);
        }
        if (report.kind === "reconnected") display.reconnected(report.lastEventId);
        progress.onReader(report);
      },
      onCrash: progress.fail,
    });
    const faults = new FaultRunner(pipeline, proxy, display);
    faults.plan(planFaults(seededRandom(seed), cuts, source.expectedBytes));
    const conversation = await createConversation(pipeline.webUrl(), prompt);
    const command: ReaderCommand = { url: proxy.url + conversation.events };
    reader.send(command);
    const { written, read, reconnects } = await progress.completed();
    await faults.settled();
    const stored = await readTranscript(pipeline.webUrl() + conversation.transcript);
    await reader.stop();
    const { captured } = source;
    return summarise({
      ...{ written, read, stored, reconnects, seed, ...faults.counts() },
      ...(captured && { capture: { held: captured, read: response.content() } }),
    });
  } finally {
    pipeline.reports.off("worker", progress.onWorker);
    pipeline.reports.off("crash", progress.fail);
  }
}

async function createConversation(webUrl: string, prompt: string): Promise<CreatedConversation> {
  const response = await fetch(`${webUrl}/agents`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt }),
  });
  await expectOk("POST /agents", response);
  return (await response.json()) as CreatedConversation;
}

async function readTranscript(url: string): Promise<TallySummary> {
  const response = await fetch(url);
  await expectOk(`GET ${url}`, response);
  const tally = new Tally();
  for (const event of (await response.json()) as DemoEvent[]) tally.add(event);
  return tally.summary();
}

async function expectOk(request: string, response: Response): Promise<void> {
  if (response.ok) return;
  const body = await readErrorBody(response.body);
  throw new Error(`${request} failed with status ${response.status}: ${body}`);
}
