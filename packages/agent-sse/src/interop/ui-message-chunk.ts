// https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol

/**
 * A chunk of the AI SDK's UI message stream, of the kinds that agent events become.
 *
 * Assignable to `UIMessageChunk` of `ai` (the tests compile against it), but written out here: the
 * declarations of `ai` need the types of Node and the DOM and do not compile under
 * `exactOptionalPropertyTypes`, and a consumer of this package should not have to skip them.
 */
export type UIMessageChunk =
  | { type: "start"; messageId?: string; messageMetadata?: unknown }
  | { type: "start-step" }
  | { type: "finish-step" }
  | { type: "finish"; messageMetadata?: unknown }
  | { type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end"; id: string }
  | { type: "text-delta" | "reasoning-delta"; id: string; delta: string }
  | ToolInputAvailable
  | { type: "tool-input-start"; toolCallId: string; toolName: string; dynamic?: boolean }
  | { type: "tool-input-delta"; toolCallId: string; inputTextDelta: string }
  | { type: "tool-output-available"; toolCallId: string; output: unknown; dynamic?: boolean }
  | { type: "tool-output-error"; toolCallId: string; errorText: string; dynamic?: boolean }
  | { type: "source-url"; sourceId: string; url: string; title?: string }
  | { type: "source-document"; sourceId: string; mediaType: string; title: string }
  | { type: "file"; url: string; mediaType: string }
  | { type: `data-${string}`; id?: string; data: unknown; transient?: boolean }
  | { type: "error"; errorText: string };

interface ToolInputAvailable {
  type: "tool-input-available";
  toolCallId: string;
  toolName: string;
  input: unknown;
  dynamic?: boolean;
}
