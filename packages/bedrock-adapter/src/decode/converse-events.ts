// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html

/** The events of an answer; Nova's chunks have the same names. */
export const converseEventTypes: readonly KnownConverseEvent["type"][] = [
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "contentBlockStop",
  "messageStop",
  "metadata",
];

/** A union that names what is known and takes what is not yet. */
export type OpenString<Known extends string> = Known | (string & {});

/** Why the model stopped. A reason that is not listed is passed on as it came. */
export type StopReason = OpenString<
  | "end_turn"
  | "tool_use"
  | "max_tokens"
  | "stop_sequence"
  | "content_filtered"
  | "guardrail_intervened"
  | "model_context_window_exceeded"
  | "malformed_model_output"
  | "malformed_tool_use"
>;

/** The first event of an answer. */
export interface MessageStartEvent {
  type: "messageStart";
  role: OpenString<"assistant" | "user">;
}

/** The start of a tool call. `type` is `server_tool_use` for a tool that Bedrock itself runs. */
export interface ToolUseBlockStart {
  toolUseId: string;
  name: string;
  type?: OpenString<"server_tool_use">;
}

/** The start of a result of a tool that Bedrock itself ran. */
export interface ToolResultBlockStart {
  toolUseId: string;
  type?: string;
  status?: OpenString<"success" | "error">;
}

/** The start of an image. */
export interface ImageBlockStart {
  format: OpenString<"png" | "jpeg" | "gif" | "webp">;
}

/** What a block is, where the wire says so: one of the fields is set. */
export interface ContentBlockStart {
  toolUse?: ToolUseBlockStart;
  toolResult?: ToolResultBlockStart;
  image?: ImageBlockStart;
  [field: string]: unknown;
}

/** A block begins. On the wire only tool calls, tool results and images have this event. */
export interface ContentBlockStartEvent {
  type: "contentBlockStart";
  contentBlockIndex: number;
  start: ContentBlockStart;
}

/** A piece of a tool result: text or a JSON value. */
export interface ToolResultDelta {
  text?: string;
  json?: unknown;
  [field: string]: unknown;
}

/** A piece of the model's reasoning; one of the fields is set. */
export interface ReasoningContentDelta {
  text?: string;
  /** To be sent back unchanged with the reasoning text in the next request. */
  signature?: string;
  /** Encrypted reasoning, to be sent back unchanged. */
  redactedContent?: Uint8Array;
  [field: string]: unknown;
}

interface DocumentSpan {
  documentIndex?: number;
  start?: number;
  end?: number;
}

/** Where a citation points; one of the fields is set. */
export interface CitationLocation {
  documentChar?: DocumentSpan;
  documentPage?: DocumentSpan;
  documentChunk?: DocumentSpan;
  web?: { url?: string; domain?: string };
  searchResultLocation?: { searchResultIndex?: number; start?: number; end?: number };
  [field: string]: unknown;
}

/** A source of what the block says. */
export interface Citation {
  title?: string;
  source?: string;
  sourceContent?: { text?: string }[];
  location?: CitationLocation;
  [field: string]: unknown;
}

/** A piece of an image, or why there is none. */
export interface ImageBlockDelta {
  source?: {
    bytes?: Uint8Array;
    s3Location?: { uri: string; bucketOwner?: string };
    [field: string]: unknown;
  };
  error?: { message?: string };
  [field: string]: unknown;
}

/** A piece of a block; one of the fields is set. */
export interface ContentBlockDelta {
  text?: string;
  toolUse?: { input: string };
  toolResult?: ToolResultDelta[];
  reasoningContent?: ReasoningContentDelta;
  citation?: Citation;
  image?: ImageBlockDelta;
  [field: string]: unknown;
}

/** A piece of the block with that index. Text, reasoning and citations have no start before it. */
export interface ContentBlockDeltaEvent {
  type: "contentBlockDelta";
  contentBlockIndex: number;
  delta: ContentBlockDelta;
}

/** The block with that index is complete. */
export interface ContentBlockStopEvent {
  type: "contentBlockStop";
  contentBlockIndex: number;
}

/** The answer is complete; `metadata` still follows. */
export interface MessageStopEvent {
  type: "messageStop";
  stopReason: StopReason;
  additionalModelResponseFields?: unknown;
}

/** Tokens that were read, written and cached. Fields that AWS does not document are kept. */
export interface ConverseUsage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cacheReadInputTokens?: number;
  cacheWriteInputTokens?: number;
  cacheDetails?: { ttl?: string; inputTokens?: number }[];
  [field: string]: unknown;
}

/** The last event of an answer. */
export interface MetadataEvent {
  type: "metadata";
  usage: ConverseUsage;
  metrics: { latencyMs: number; [field: string]: unknown };
  trace?: { guardrail?: unknown; promptRouter?: unknown; [field: string]: unknown };
  performanceConfig?: { latency?: OpenString<"standard" | "optimized"> };
  serviceTier?: { type?: string };
}

/** An event that this version does not know. */
export interface UnknownEvent {
  type: "unknown";
  eventType: string;
  /** The frame's payload as it came. */
  payload: Uint8Array;
}

/** An event that this version knows. */
export type KnownConverseEvent =
  | MessageStartEvent
  | ContentBlockStartEvent
  | ContentBlockDeltaEvent
  | ContentBlockStopEvent
  | MessageStopEvent
  | MetadataEvent;

/**
 * One event of a ConverseStream answer: the wire's fields beside `type`. Blobs are bytes, padding
 * is dropped, fields that this version does not know are kept.
 */
export type ConverseStreamEvent = KnownConverseEvent | UnknownEvent;
