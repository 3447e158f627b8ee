import {
  chunkShapes,
  familyOfChunk,
  familyOfModel,
  isObject,
  type ModelFamily,
} from "./families.ts";
import type {
  AnthropicChunk,
  ClaudeTextChunk,
  CohereCommandChunk,
  CohereCommandRChunk,
  JambaChunk,
  LlamaChunk,
  MistralChunk,
  NovaChunk,
  OpenAiChunk,
  TitanChunk,
} from "./invoke-chunks.ts";

// Functions, and not re-exports of what the agent readers use: with those a bundler would load the shapes
// with the index, and not with the readers.

/**
 * Detects a model's family, from its id or ARN or from one decoded chunk.
 *
 * @returns `undefined` for a model or a chunk of no known family, and for a chunk with metrics only
 * @example
 * ```ts
 * import { detectFamily } from "@freshet/bedrock-adapter";
 *
 * console.log(detectFamily("us.anthropic.claude-sonnet-4-20250514-v1:0")); // anthropic
 * console.log(detectFamily({ generation: "Hi", stop_reason: null })); // llama
 * ```
 */
export function detectFamily(modelIdOrChunk: unknown): ModelFamily | undefined {
  return typeof modelIdOrChunk === "string"
    ? familyOfModel(modelIdOrChunk)
    : familyOfChunk(modelIdOrChunk);
}

/** Whether a decoded chunk belongs to an Anthropic message. */
export function isAnthropicChunk(chunk: unknown): chunk is AnthropicChunk {
  return isObject(chunk) && chunkShapes.anthropic(chunk);
}

/** Whether a decoded chunk comes from Claude 2 or Claude Instant. */
export function isClaudeTextChunk(chunk: unknown): chunk is ClaudeTextChunk {
  return isObject(chunk) && chunkShapes["claude-text"](chunk);
}

/** Whether a decoded chunk comes from Nova. */
export function isNovaChunk(chunk: unknown): chunk is NovaChunk {
  return isObject(chunk) && chunkShapes.nova(chunk);
}

/** Whether a decoded chunk comes from Titan Text. */
export function isTitanChunk(chunk: unknown): chunk is TitanChunk {
  return isObject(chunk) && chunkShapes.titan(chunk);
}

/** Whether a decoded chunk comes from Llama or DeepSeek R1. */
export function isLlamaChunk(chunk: unknown): chunk is LlamaChunk {
  return isObject(chunk) && chunkShapes.llama(chunk);
}

/** Whether a decoded chunk comes from one of Mistral's text models. */
export function isMistralChunk(chunk: unknown): chunk is MistralChunk {
  return isObject(chunk) && chunkShapes.mistral(chunk);
}

/** Whether a decoded chunk comes from Cohere Command. */
export function isCohereCommandChunk(chunk: unknown): chunk is CohereCommandChunk {
  return isObject(chunk) && chunkShapes["cohere-command"](chunk);
}

/** Whether a decoded chunk comes from Cohere Command R. */
export function isCohereCommandRChunk(chunk: unknown): chunk is CohereCommandRChunk {
  return isObject(chunk) && chunkShapes["cohere-command-r"](chunk);
}

/** Whether a decoded chunk is in the OpenAI format: gpt-oss, Jamba and others. */
export function isOpenAiChunk(chunk: unknown): chunk is OpenAiChunk {
  return isObject(chunk) && chunkShapes.openai(chunk);
}

/** Whether a decoded chunk may come from Jamba, whose last chunk has metrics only. */
export function isJambaChunk(chunk: unknown): chunk is JambaChunk {
  return (
    isOpenAiChunk(chunk) || (isObject(chunk) && isObject(chunk["amazon-bedrock-invocationMetrics"]))
  );
}
