// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html

/** The event types of a ConverseStream response; Nova's chunks use the same names. */
export const converseEventTypes: readonly KnownConverseEvent["type"][] = [
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "contentBlockStop",
  "messageStop",
  "metadata",
];

/** The known values of a string that may gain others. */
export type OpenString<Known extends string> = Known | (string & {});

/** Why the model stopped. A reason that is not listed is passed on unchanged. */
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

/** The first event of a response. */
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

/** The kind of a block; exactly one field is set. */
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

/** A piece of the model's reasoning; exactly one field is set. */
export interface ReasoningContentDelta {
  text?: string;
  /** Send it back unchanged with the reasoning text in the next request. */
  signature?: string;
  /** Encrypted reasoning: send it back unchanged. */
  redactedContent?: Uint8Array;
  [field: string]: unknown;
}

interface DocumentSpan {
  documentIndex?: number;
  start?: number;
  end?: number;
}

/** The place that is cited; exactly one field is set. */
export interface CitationLocation {
  documentChar?: DocumentSpan;
  documentPage?: DocumentSpan;
  documentChunk?: DocumentSpan;
  web?: { url?: string; domain?: string };
  searchResultLocation?: { searchResultIndex?: number; start?: number; end?: number };
  [field: string]: unknown;
}

/** A source of the block's text. */
export interface Citation {
  title?: string;
  source?: string;
  sourceContent?: { text?: string }[];
  location?: CitationLocation;
  [field: string]: unknown;
}

/** A piece of an image, or the reason why there is none. */
export interface ImageBlockDelta {
  source?: {
    bytes?: Uint8Array;
    s3Location?: { uri: string; bucketOwner?: string };
    [field: string]: unknown;
  };
  error?: { message?: string };
  [field: string]: unknown;
}

/** A piece of a block; exactly one field is set. */
export interface ContentBlockDelta {
  text?: string;
  toolUse?: { input: string };
  toolResult?: ToolResultDelta[];
  reasoningContent?: ReasoningContentDelta;
  citation?: Citation;
  image?: ImageBlockDelta;
  [field: string]: unknown;
}

/** A piece of the block with that index. Text, reasoning and citation blocks have no start event. */
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

/** The message is complete; `metadata` follows. */
export interface MessageStopEvent {
  type: "messageStop";
  stopReason: StopReason;
  additionalModelResponseFields?: unknown;
}

/** Token counts. Fields that AWS does not document are kept. */
export interface ConverseUsage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cacheReadInputTokens?: number;
  cacheWriteInputTokens?: number;
  cacheDetails?: { ttl?: string; inputTokens?: number }[];
  [field: string]: unknown;
}

/** The last event of a response. */
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
  /** The frame's payload, unchanged. */
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
 * One event of a ConverseStream response: the wire's fields and `type`. Blobs are bytes, padding is
 * dropped, fields that this version does not know are kept.
 */
export type ConverseStreamEvent = KnownConverseEvent | UnknownEvent;
