import type { KnownConverseEvent } from "../decode/converse-events.ts";
import { encodeConverseEvent, encodeInvokeChunk, splitFrames } from "./frames.ts";
import { anthropicScript, converseScript, type ScriptedResponse } from "./scripted-response.ts";
import { seededRandom } from "./seeded-random.ts";

/**
 * What the fake sends:
 * - `parts`: a script of text, reasoning and tool calls (as Claude's chunks for InvokeModel)
 * - `events`: ConverseStream events, one frame each
 * - `chunks`: chunks of InvokeModel of any family, one frame each
 * - `replay`: a captured response body, byte for byte
 */
export type FakeResponse =
  | ScriptedResponse
  | { events: readonly KnownConverseEvent[] }
  | { chunks: readonly unknown[] }
  | { replay: Uint8Array };

/** The frames of a response, padded as Bedrock does: with 1 to 62 characters. */
export function framesOf(
  response: FakeResponse,
  { operation, modelId }: { operation: "converse" | "invoke"; modelId: string },
): Uint8Array[] {
  if ("replay" in response) return splitFrames(response.replay);
  const random = seededRandom(1);
  const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const padding = () => alphabet.slice(0, 1 + Math.floor(random() * alphabet.length));
  if ("chunks" in response) {
    return response.chunks.map((chunk) => encodeInvokeChunk(chunk, { padding: padding() }));
  }
  if ("parts" in response && operation === "invoke") {
    return anthropicScript(response, modelId).map((chunk) =>
      encodeInvokeChunk(chunk, { padding: padding() }),
    );
  }
  const events = "events" in response ? response.events : converseScript(response);
  return events.map((event) => encodeConverseEvent(event, { padding: padding() }));
}
