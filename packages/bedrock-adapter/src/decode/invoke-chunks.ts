// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
import type { ConverseUsage, OpenString } from "./converse-events.ts";

/** Bedrock's own counts, in the last chunk of a response of every family. Any may be missing. */
export interface InvocationMetrics {
  inputTokenCount?: number;
  outputTokenCount?: number;
  /** Milliseconds from the request to the last byte. */
  invocationLatency?: number;
  /** Milliseconds from the request to the first byte. */
  firstByteLatency?: number;
  cacheReadInputTokenCount?: number;
  cacheWriteInputTokenCount?: number;
  [field: string]: unknown;
}

/** The fields that Bedrock adds to a chunk of any family. */
export interface BedrockChunkFields {
  "amazon-bedrock-invocationMetrics"?: InvocationMetrics;
  "amazon-bedrock-guardrailAction"?: OpenString<"NONE" | "INTERVENED">;
  "amazon-bedrock-trace"?: unknown;
}

/** A block of an Anthropic message. */
export interface AnthropicContentBlock {
  type: OpenString<
    | "text"
    | "thinking"
    | "redacted_thinking"
    | "tool_use"
    | "server_tool_use"
    | "web_search_tool_result"
  >;
  text?: string;
  thinking?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: unknown;
  is_error?: boolean;
  [field: string]: unknown;
}

/** A piece of a block of an Anthropic message. */
export interface AnthropicDelta {
  type: OpenString<
    "text_delta" | "input_json_delta" | "thinking_delta" | "signature_delta" | "citations_delta"
  >;
  text?: string;
  partial_json?: string;
  thinking?: string;
  signature?: string;
  citation?: unknown;
  [field: string]: unknown;
}

/** Token counts of an Anthropic message. */
export interface AnthropicUsage {
  input_tokens?: number;
  output_tokens?: number;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
  [field: string]: unknown;
}

/** A chunk of an Anthropic message (Claude 3 and later). */
export type AnthropicChunk = BedrockChunkFields &
  (
    | {
        type: "message_start";
        message: { id: string; role: string; model: string; usage?: AnthropicUsage };
      }
    | { type: "content_block_start"; index: number; content_block: AnthropicContentBlock }
    | { type: "content_block_delta"; index: number; delta: AnthropicDelta }
    | { type: "content_block_stop"; index: number }
    | {
        type: "message_delta";
        delta: { stop_reason?: string | null; stop_sequence?: string | null };
        /** Missing where a guardrail blocked the response. */
        usage?: AnthropicUsage;
      }
    | { type: "message_stop" }
    | { type: "ping" }
    | { type: "error"; error: { type: string; message: string } }
  );

/** A chunk of Claude 2 or Claude Instant. */
export interface ClaudeTextChunk extends BedrockChunkFields {
  type?: string;
  completion: string;
  stop_reason: string | null;
  stop?: string | null;
}

/** A chunk of Nova: one Converse event, under its name. Each text delta has a block of its own. */
export interface NovaChunk extends BedrockChunkFields {
  messageStart?: { role: string };
  contentBlockStart?: { contentBlockIndex: number; start: Record<string, unknown> };
  contentBlockDelta?: { contentBlockIndex: number; delta: Record<string, unknown> };
  contentBlockStop?: { contentBlockIndex: number };
  messageStop?: { stopReason: string };
  metadata?: {
    usage: Partial<ConverseUsage> & {
      cacheReadInputTokenCount?: number;
      cacheWriteInputTokenCount?: number;
    };
    metrics?: { latencyMs?: number };
    trace?: unknown;
  };
}

/** A chunk of Titan Text. Its numbers may be 0.0 or null. */
export interface TitanChunk extends BedrockChunkFields {
  outputText: string;
  index?: number | null;
  totalOutputTextTokenCount?: number | null;
  completionReason?: string | null;
  inputTextTokenCount?: number | null;
}

/** A chunk of Llama, and of DeepSeek R1, whose text is reasoning up to `</think>`. */
export interface LlamaChunk extends BedrockChunkFields {
  generation: string;
  prompt_token_count?: number | null;
  generation_token_count?: number | null;
  stop_reason?: string | null;
}

/** A chunk of Mistral's text models. */
export interface MistralChunk extends BedrockChunkFields {
  outputs: { text: string; stop_reason?: string | null }[];
}

/** A chunk of Cohere Command: a piece of the text, or the whole text. */
export type CohereCommandChunk = BedrockChunkFields &
  (
    | { text?: string; is_finished: boolean; index?: number; finish_reason?: string | null }
    | {
        id?: string;
        prompt?: string;
        generations: { id?: string; text: string; finish_reason?: string | null; index?: number }[];
      }
  );

/** A chunk of Cohere Command R and R+. */
export interface CohereCommandRChunk extends BedrockChunkFields {
  event_type: OpenString<
    | "text-generation"
    | "citation-generation"
    | "search-queries-generation"
    | "tool-calls-chunk"
    | "tool-calls-generation"
    | "stream-end"
  >;
  is_finished: boolean;
  text?: string;
  finish_reason?: string;
  citations?: unknown[];
  tool_calls?: { name: string; parameters: unknown }[];
  response?: {
    text?: string;
    generation_id?: string;
    finish_reason?: string;
    citations?: unknown[];
    tool_calls?: { name: string; parameters: unknown }[];
    [field: string]: unknown;
  };
}

/** A piece of a tool call in the OpenAI format; the id and the name come with the first piece. */
export interface OpenAiToolCallDelta {
  index?: number;
  id?: string;
  type?: string;
  function?: { name?: string; arguments?: string };
}

/** A piece of a message in the OpenAI format. */
export interface OpenAiDelta {
  role?: string;
  content?: string | null;
  reasoning_content?: string | null;
  reasoning?: string | null;
  tool_calls?: OpenAiToolCallDelta[] | null;
  [field: string]: unknown;
}

/** One choice of a chunk in the OpenAI format. */
export interface OpenAiChoice {
  index?: number;
  delta?: OpenAiDelta;
  /** The newer Mistral models send this instead of `delta`. */
  message?: OpenAiDelta;
  finish_reason?: string | null;
  /** A number from Jamba, next to `finish_reason`; the newer Mistral models send only this field. */
  stop_reason?: string | number | null;
  [field: string]: unknown;
}

/** Token counts in the OpenAI format. */
export interface OpenAiUsage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  [field: string]: unknown;
}

/** A chunk in the OpenAI format: gpt-oss, with its reasoning inside `<reasoning>…</reasoning>`. */
export interface OpenAiChunk extends BedrockChunkFields {
  choices: OpenAiChoice[];
  id?: string;
  model?: string;
  object?: string;
  created?: number;
  usage?: OpenAiUsage | null;
  [field: string]: unknown;
}

/** A chunk of Jamba; the last one holds metrics only. */
export interface JambaChunk extends BedrockChunkFields {
  choices?: OpenAiChoice[];
  id?: string;
  usage?: OpenAiUsage | null;
  meta?: unknown;
}

/** A chunk of any known family. */
export type InvokeModelChunk =
  | AnthropicChunk
  | ClaudeTextChunk
  | NovaChunk
  | TitanChunk
  | LlamaChunk
  | MistralChunk
  | CohereCommandChunk
  | CohereCommandRChunk
  | OpenAiChunk
  | JambaChunk;

/** One event of an InvokeModelWithResponseStream response; `chunk` is the decoded inner JSON. */
export type InvokeModelEvent<T = unknown> =
  { type: "chunk"; chunk: T } | { type: "unknown"; eventType: string; payload: Uint8Array };
