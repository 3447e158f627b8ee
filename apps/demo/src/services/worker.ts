import { BedrockClient, type BedrockClientOptions } from "@freshet/bedrock-adapter";
import { runAgentTurn } from "../agent/agent-loop.ts";
import { runRecordedTurn } from "../agent/recorded-turn.ts";
import { riverLevel } from "../agent/tools.ts";
import { runWorker } from "../agent/worker.ts";
import type { CapturedBody } from "../protocol/api.ts";
import type { WorkerConfig, WorkerReport } from "../protocol/processes.ts";
import { Tally } from "../protocol/tally.ts";
import { storeCapture } from "../streams/captures.ts";
import type { TurnRequest } from "../streams/commands.ts";
import { streamUrls } from "../streams/stream-urls.ts";
import { runService } from "./service.ts";

await runService((config: WorkerConfig, report: (report: WorkerReport) => void) => {
  const stopping = new AbortController();
  const { modelId, operation, recordsWire, tallies, batchMs } = config;
  const urls = streamUrls(config.streamsUrl, config.namespace);
  const tally = new Tally();
  const written = new Map<string, number>();
  const keep = (turn: TurnRequest) => (body: CapturedBody) => {
    storeCapture(urls, body, turn.prompt).catch((error: unknown) => {
      // The response does not depend on it, and the list of captures shows what is missing.
      process.stderr.write(`A captured response could not be stored: ${String(error)}\n`);
    });
  };
  runWorker({
    urls,
    recordsWire,
    maxRunning: config.maxTurns,
    signal: stopping.signal,
    runTurn: (prompt, signal, { history, turn }) => {
      const tools = [riverLevel];
      const options = { modelId, operation, tools, signal, history, batchMs };
      const client = clientOptions(config);
      if (!recordsWire)
        return runAgentTurn(prompt, { ...options, client: new BedrockClient(client) });
      return runRecordedTurn(prompt, { ...options, client, onCapture: keep(turn) });
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
