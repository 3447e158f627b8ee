import type { BedrockClientOptions } from "@freshet/bedrock-adapter";
import { FrameAttribution, type TracedEvent } from "../frames/frame-attribution.ts";
import { FrameRecorder } from "../frames/frame-recorder.ts";
import type { CapturedBody } from "../protocol/api.ts";
import { type AgentLoopOptions, runAgentTurn } from "./agent-loop.ts";

export interface RecordedTurnOptions extends Omit<AgentLoopOptions, "client" | "attribution"> {
  client: BedrockClientOptions;
  /** Called with each response body when it has ended. */
  onCapture: (body: CapturedBody) => void;
}

/** Runs one turn and records the Bedrock frames that each of its events was made from. */
export function runRecordedTurn(
  prompt: string,
  { onCapture, ...options }: RecordedTurnOptions,
): AsyncGenerator<TracedEvent> {
  const recorder = new FrameRecorder(onCapture);
  const client = recorder.client(options.client);
  return runAgentTurn(prompt, { ...options, client, attribution: new FrameAttribution(recorder) });
}
