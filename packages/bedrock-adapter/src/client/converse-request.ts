// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
import type { Citation, OpenString } from "../decode/converse-events.ts";

/** A JSON value. */
export type JsonValue =
  string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue | undefined };

/** Bytes (sent as base64) or an object in S3. */
export type MediaSource =
  { bytes: Uint8Array } | { s3Location: { uri: string; bucketOwner?: string } };

/** An image in a message. */
export interface ImageBlock {
  format: OpenString<"png" | "jpeg" | "gif" | "webp">;
  source: MediaSource;
}

/** A document in a message. */
export interface DocumentBlock {
  format?: OpenString<"pdf" | "csv" | "doc" | "docx" | "xls" | "xlsx" | "html" | "txt" | "md">;
  name: string;
  source: MediaSource | { text: string } | { content: { text: string }[] };
  context?: string;
  citations?: { enabled: boolean };
}

/** A video in a message. */
export interface VideoBlock {
  format: OpenString<"mkv" | "mov" | "mp4" | "webm" | "flv" | "mpeg" | "mpg" | "wmv" | "three_gp">;
  source: MediaSource;
}

/** Speech or another sound in a message. */
export interface AudioBlock {
  format: OpenString<
    "mp3" | "wav" | "flac" | "aac" | "ogg" | "opus" | "m4a" | "mp4" | "webm" | "pcm"
  >;
  source: MediaSource;
}

/** A search result that the model may cite. */
export interface SearchResultBlock {
  source: string;
  title: string;
  content: { text: string }[];
  citations?: { enabled: boolean };
}

/** Names a tool that is added or removed within the conversation. */
export interface ToolReference {
  type?: string;
  name?: string;
  serverName?: string;
}

/** Marks the end of the content to cache for the next request. */
export interface CachePoint {
  type: "default";
  ttl?: OpenString<"5m" | "1h">;
}

/** A tool call that the model made. */
export interface ToolUseBlock {
  toolUseId: string;
  name: string;
  input: JsonValue;
  type?: OpenString<"server_tool_use">;
}

/** The result of a tool call. */
export interface ToolResultBlock {
  toolUseId: string;
  content: (
    | { text: string }
    | { json: JsonValue }
    | { image: ImageBlock }
    | { document: DocumentBlock }
    | { video: VideoBlock }
    | { searchResult: SearchResultBlock }
  )[];
  status?: "success" | "error";
  type?: string;
}

/** The model's reasoning, sent back unchanged. */
export type ReasoningContentBlock =
  { reasoningText: { text: string; signature?: string } } | { redactedContent: Uint8Array };

/** One block of a message; exactly one field is set. */
export type ContentBlock =
  | { text: string }
  | { image: ImageBlock }
  | { document: DocumentBlock }
  | { video: VideoBlock }
  | { audio: AudioBlock }
  | { searchResult: SearchResultBlock }
  | { toolAddition: { tool: ToolReference } }
  | { toolRemoval: { tool: ToolReference } }
  | { toolUse: ToolUseBlock }
  | { toolResult: ToolResultBlock }
  | { reasoningContent: ReasoningContentBlock }
  | { citationsContent: { content?: { text: string }[]; citations?: Citation[] } }
  | { guardContent: GuardrailContent }
  | { cachePoint: CachePoint };

/** Text or an image for the guardrail to check. */
export type GuardrailContent =
  | { text: { text: string; qualifiers?: ("grounding_source" | "query" | "guard_content")[] } }
  | { image: { format: "png" | "jpeg"; source: { bytes: Uint8Array } } };

/** One message of the conversation. */
export interface Message {
  role: "user" | "assistant";
  content: ContentBlock[];
}

/** One block of the system prompt. */
export type SystemContentBlock =
  { text: string } | { cachePoint: CachePoint } | { guardContent: GuardrailContent };

/** A tool that the model may call. */
export type Tool =
  | {
      toolSpec: {
        name: string;
        description?: string;
        inputSchema: { json: JsonValue };
        strict?: boolean;
      };
    }
  | { systemTool: { name: string } }
  | { cachePoint: CachePoint };

/** The tools, and whether the model must use one. */
export interface ToolConfiguration {
  tools: Tool[];
  toolChoice?:
    { auto: Record<string, never> } | { any: Record<string, never> } | { tool: { name: string } };
}

/** How the model samples. */
export interface InferenceConfiguration {
  maxTokens?: number;
  temperature?: number;
  topP?: number;
  stopSequences?: string[];
}

/** The guardrail that checks the response. */
export interface GuardrailStreamConfiguration {
  guardrailIdentifier: string;
  guardrailVersion: string;
  trace?: "enabled" | "disabled" | "enabled_full";
  streamProcessingMode?: "sync" | "async";
}

/** A ConverseStream request. `modelId` goes into the URL, the rest is the body. */
export interface ConverseStreamRequest {
  /** A model id, an inference profile, or an ARN. */
  modelId: string;
  messages?: Message[];
  system?: SystemContentBlock[];
  inferenceConfig?: InferenceConfiguration;
  toolConfig?: ToolConfiguration;
  guardrailConfig?: GuardrailStreamConfiguration;
  additionalModelRequestFields?: JsonValue;
  additionalModelResponseFieldPaths?: string[];
  promptVariables?: Record<string, { text: string }>;
  requestMetadata?: Record<string, string>;
  performanceConfig?: { latency: OpenString<"standard" | "optimized"> };
  serviceTier?: { type: OpenString<"default" | "priority" | "flex" | "reserved"> };
  outputConfig?: JsonValue;
}

/** An InvokeModelWithResponseStream request. */
export interface InvokeModelStreamRequest {
  /** A model id, an inference profile, or an ARN. */
  modelId: string;
  /** The model's own request: bytes and strings are sent as they are, anything else as JSON. */
  body: unknown;
  /** Default `application/json`. */
  contentType?: string;
  /** The format of the inner chunks. Default `application/json`, the only one that this package reads. */
  accept?: string;
  trace?: "ENABLED" | "DISABLED" | "ENABLED_FULL";
  guardrailIdentifier?: string;
  guardrailVersion?: string;
  performanceConfigLatency?: OpenString<"standard" | "optimized">;
  serviceTier?: OpenString<"default" | "priority" | "flex" | "reserved">;
  /** JSON text; becomes a header. */
  requestMetadata?: string;
}
