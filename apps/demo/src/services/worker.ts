import { type BedrockClientOptions } from "@freshet/bedrock-adapter";
import { runAgentTurn } from "../agent/agent-loop.ts";
import { type CapturedBody, FrameRecorder } from "../frames/frame-recorder.ts";
import { riverLevel } from "../agent/tools.ts";
import { WireLedger } from "../frames/frame-attribution.ts";
import { runWorker } from "../agent/worker.ts";
import { storeCapture } from "../streams/captures.ts";
import { streamUrls, type TurnRequest } from "../streams/stream-urls.ts";
import { Tally, type TallySummary } from "../protocol/tally.ts";
import { runService } from "./service.ts";

export interface WorkerConfig {
  readonly streamsUrl: string;
  readonly namespace: string;
  readonly modelId: string;
  readonly region: string;
  /** The fake Bedrock; without it the real one is called, with the credentials of the environment. */
  readonly bedrockUrl?: string;
  readonly operation: "converse" | "invoke";
  /** For the page: every event says which frames it was made of, and response bodies are kept. */
  readonly recordsWire: boolean;
  /** For the run in the terminal: everything that was written is fingerprinted. */
  readonly tallies: boolean;
  readonly batchMs: number;
  readonly maxTurns: number;
  /** The longest silence inside an answer, in milliseconds. */
  readonly idleTimeoutMs?: number;
}

/**
 * - `started`: it has taken up what the worker before it left
 * - `stored`: all events of a turn are in the durable stream
 * - `failed-turn`: an answer ended with an error event
 */
export type WorkerReport =
  | { kind: "started"; epoch: number; interrupted: number }
  | { kind: "stored"; tally: TallySummary }
  | { kind: "failed-turn"; errorType: string; message: string; eventsBefore: number }
  | { kind: "load"; turns: number }
  | { kind: "failed"; message: string };

await runService((config: WorkerConfig, report: (report: WorkerReport) => void) => {
  const stopping = new AbortController();
  const { modelId, operation, recordsWire, tallies, batchMs } = config;
  const urls = streamUrls(config.streamsUrl, config.namespace);
  const tally = new Tally();
  const written = new Map<string, number>();
  const keep = (turn: TurnRequest) => (body: CapturedBody) => {
    if (!recordsWire) return;
    storeCapture(urls, body, turn.prompt).catch((error: unknown) => {
      // The answer does not depend on it, and what is missing is seen in the list.
      process.stderr.write(`A capture was not kept: ${String(error)}\n`);
    });
  };
  runWorker({
    urls,
    recordsWire,
    maxRunning: config.maxTurns,
    signal: stopping.signal,
    runTurn: (prompt, signal, { history, turn }) => {
      const recorder = new FrameRecorder(keep(turn));
      const client = recorder.client(clientOptions(config));
      const ledger = new WireLedger(recorder);
      const tools = [riverLevel];
      const options = { client, modelId, operation, tools, signal, history, batchMs };
      return runAgentTurn(prompt, recordsWire ? { ...options, ledger } : options);
    },
    onStarted: (started) => report({ kind: "started", ...started }),
    onWritten: (event, { turnId }) => {
      if (tallies) tally.add(event);
      const eventsBefore = written.get(turnId) ?? 0;
      written.set(turnId, eventsBefore + 1);
      if (event.type !== "error") return;
      const { error_type: errorType, message } = event;
      report({ kind: "failed-turn", errorType, message, eventsBefore });
    },
    onTurnStored: ({ turnId }) => {
      written.delete(turnId);
      if (tallies) report({ kind: "stored", tally: tally.summary() });
    },
    onLoad: (turns) => report({ kind: "load", turns }),
  }).catch((error: unknown) => {
    if (stopping.signal.aborted) return;
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  });
  return Promise.resolve({ stop: () => stopping.abort() });
});

function clientOptions(config: WorkerConfig): BedrockClientOptions {
  const { region, bedrockUrl, idleTimeoutMs } = config;
  if (bedrockUrl === undefined) return { region, idleTimeoutMs };
  return { region, idleTimeoutMs, endpoint: bedrockUrl, apiKey: "not-a-real-key" };
}
