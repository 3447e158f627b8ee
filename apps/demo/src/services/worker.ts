import { BedrockClient } from "@freshet/bedrock-adapter";
import { runAgentTurn } from "../agent/agent-loop.ts";
import { riverLevel } from "../agent/tools.ts";
import { runWorker } from "../agent/worker.ts";
import { streamUrls } from "../streams.ts";
import { Tally, type TallySummary } from "../tally.ts";
import { runService } from "./service.ts";

export interface WorkerConfig {
  readonly streamsUrl: string;
  readonly namespace: string;
  readonly modelId: string;
  readonly region: string;
  /** The fake Bedrock; without it the real one is called, with the credentials of the environment. */
  readonly bedrockUrl?: string;
  readonly operation: "converse" | "invoke";
}

/** `stored`: all events of the one turn are in the durable stream. */
export type WorkerReport =
  { kind: "stored"; tally: TallySummary } | { kind: "failed"; message: string };

await runService((config: WorkerConfig, report: (report: WorkerReport) => void) => {
  const stopping = new AbortController();
  const { modelId, region, bedrockUrl, operation } = config;
  const client = new BedrockClient(
    bedrockUrl === undefined
      ? { region }
      : { region, endpoint: bedrockUrl, apiKey: "not-a-real-key" },
  );
  const tally = new Tally();
  runWorker({
    urls: streamUrls(config.streamsUrl, config.namespace),
    runTurn: (prompt, signal) =>
      runAgentTurn(prompt, { client, modelId, operation, tools: [riverLevel], signal }),
    signal: stopping.signal,
    onWritten: (event) => tally.add(event),
    onTurnStored: () => report({ kind: "stored", tally: tally.summary() }),
  }).catch((error: unknown) => {
    if (stopping.signal.aborted) return;
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
  return Promise.resolve({ stop: () => stopping.abort() });
});
