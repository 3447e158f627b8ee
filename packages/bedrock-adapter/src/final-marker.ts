import type { OpenAiChunk } from "./invoke-chunks.ts";
import {
  isClaudeTextChunk,
  isCohereCommandChunk,
  isCohereCommandRChunk,
  isLlamaChunk,
  isMistralChunk,
  isNovaChunk,
  isOpenAiChunk,
  isTitanChunk,
} from "./model-family.ts";

/**
 * Whether a decoded chunk says that the answer is complete: Bedrock's own metrics, which end the
 * answers of every family, or the marker that the family itself has.
 */
export function isFinalChunk(chunk: unknown): boolean {
  if (typeof chunk !== "object" || chunk === null) return false;
  if ("amazon-bedrock-invocationMetrics" in chunk) return true;
  if ("type" in chunk && chunk.type === "message_stop") return true;
  if (isLlamaChunk(chunk)) return isReason(chunk.stop_reason);
  if (isOpenAiChunk(chunk)) return isFinalChoice(chunk);
  if (isNovaChunk(chunk)) return chunk.messageStop !== undefined;
  if (isMistralChunk(chunk)) return chunk.outputs.some((output) => isReason(output.stop_reason));
  if (isClaudeTextChunk(chunk)) return isReason(chunk.stop_reason);
  if (isTitanChunk(chunk)) return isReason(chunk.completionReason);
  if (isCohereCommandRChunk(chunk)) return chunk.is_finished;
  if (isCohereCommandChunk(chunk)) return !("is_finished" in chunk) || chunk.is_finished;
  return false;
}

function isFinalChoice({ choices }: OpenAiChunk): boolean {
  return choices.some((choice) => isReason(choice.finish_reason) || isReason(choice.stop_reason));
}

function isReason(reason: unknown): boolean {
  return typeof reason === "string" && reason !== "";
}
