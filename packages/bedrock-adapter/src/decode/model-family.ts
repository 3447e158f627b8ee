import { converseEventTypes } from "./converse-events.ts";
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

/**
 * The families of models with the same chunks in InvokeModelWithResponseStream. The chunks of `llama`
 * and `deepseek` look alike, as do those of `openai` (gpt-oss and others with its format) and `jamba`:
 * only the model id distinguishes them.
 */
export type ModelFamily =
  | "anthropic"
  | "claude-text"
  | "nova"
  | "titan"
  | "llama"
  | "deepseek"
  | "mistral"
  | "cohere-command"
  | "cohere-command-r"
  | "jamba"
  | "openai";

/** The first match wins. The id may be that of a profile (`us.…`), or part of an ARN. */
const idPatterns: readonly (readonly [RegExp, ModelFamily])[] = [
  [/anthropic\.claude-(v1|v2|instant)/, "claude-text"],
  [/anthropic\./, "anthropic"],
  [/amazon\.nova/, "nova"],
  [/amazon\.titan-(text|tg1)/, "titan"],
  [/meta\.llama/, "llama"],
  [/deepseek\.r1/, "deepseek"],
  [/mistral\.(mistral-7b|mixtral-8x7b|mistral-large-2402|mistral-small-2402)/, "mistral"],
  [/cohere\.command-r/, "cohere-command-r"],
  [/cohere\.command/, "cohere-command"],
  [/ai21\.jamba/, "jamba"],
  [/openai\./, "openai"],
];

const chunkGuards: readonly (readonly [(chunk: unknown) => boolean, ModelFamily])[] = [
  [isAnthropicChunk, "anthropic"],
  [isOpenAiChunk, "openai"],
  [isLlamaChunk, "llama"],
  [isNovaChunk, "nova"],
  [isMistralChunk, "mistral"],
  [isClaudeTextChunk, "claude-text"],
  [isTitanChunk, "titan"],
  [isCohereCommandRChunk, "cohere-command-r"],
  [isCohereCommandChunk, "cohere-command"],
];

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
  if (typeof modelIdOrChunk === "string") {
    return idPatterns.find(([pattern]) => pattern.test(modelIdOrChunk))?.[1];
  }
  return chunkGuards.find(([isChunk]) => isChunk(modelIdOrChunk))?.[1];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const anthropicTypes: ReadonlySet<unknown> = new Set([
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
  "ping",
  "error",
]);

/** Whether a decoded chunk belongs to an Anthropic message. */
export function isAnthropicChunk(chunk: unknown): chunk is AnthropicChunk {
  return isObject(chunk) && anthropicTypes.has(chunk["type"]);
}

/** Whether a decoded chunk comes from Claude 2 or Claude Instant. */
export function isClaudeTextChunk(chunk: unknown): chunk is ClaudeTextChunk {
  return isObject(chunk) && typeof chunk["completion"] === "string";
}

/** Whether a decoded chunk comes from Nova. */
export function isNovaChunk(chunk: unknown): chunk is NovaChunk {
  if (!isObject(chunk)) return false;
  // Nearly all of them are deltas.
  return (
    isObject(chunk["contentBlockDelta"]) || converseEventTypes.some((name) => isObject(chunk[name]))
  );
}

/** Whether a decoded chunk comes from Titan Text. */
export function isTitanChunk(chunk: unknown): chunk is TitanChunk {
  return isObject(chunk) && typeof chunk["outputText"] === "string";
}

/** Whether a decoded chunk comes from Llama or DeepSeek R1. */
export function isLlamaChunk(chunk: unknown): chunk is LlamaChunk {
  return isObject(chunk) && typeof chunk["generation"] === "string";
}

/** Whether a decoded chunk comes from one of Mistral's text models. */
export function isMistralChunk(chunk: unknown): chunk is MistralChunk {
  return isObject(chunk) && Array.isArray(chunk["outputs"]);
}

/** Whether a decoded chunk comes from Cohere Command. */
export function isCohereCommandChunk(chunk: unknown): chunk is CohereCommandChunk {
  return (
    isObject(chunk) &&
    !("event_type" in chunk) &&
    (typeof chunk["is_finished"] === "boolean" || Array.isArray(chunk["generations"]))
  );
}

/** Whether a decoded chunk comes from Cohere Command R. */
export function isCohereCommandRChunk(chunk: unknown): chunk is CohereCommandRChunk {
  return isObject(chunk) && typeof chunk["event_type"] === "string";
}

/** Whether a decoded chunk is in the OpenAI format: gpt-oss, Jamba and others. */
export function isOpenAiChunk(chunk: unknown): chunk is OpenAiChunk {
  return isObject(chunk) && Array.isArray(chunk["choices"]);
}

/** Whether a decoded chunk may come from Jamba, whose last chunk has metrics only. */
export function isJambaChunk(chunk: unknown): chunk is JambaChunk {
  return (
    isOpenAiChunk(chunk) || (isObject(chunk) && isObject(chunk["amazon-bedrock-invocationMetrics"]))
  );
}
