export type { Fetch } from "@freshet/core";
export { BedrockClient } from "./client/bedrock-client.ts";
export type { BedrockClientOptions, CallOptions } from "./client/bedrock-client.ts";
export { BedrockDecoder } from "./decode/bedrock-decoder.ts";
export type {
  BedrockDecoderOptions,
  BedrockEvent,
  DecodedEvent,
  FrameLimits,
  BedrockOperation,
} from "./decode/bedrock-decoder.ts";
export { BedrockError } from "./bedrock-error.ts";
export type { BedrockErrorCode, BedrockErrorFacts } from "./bedrock-error.ts";
export { BedrockResponse } from "./client/bedrock-response.ts";
export type {
  BedrockDoneEvent,
  CitationAt,
  IncompleteToolUse,
} from "./agent/bedrock-done-event.ts";
export type { AgentEventInput, AgentEventOptions } from "./agent/agent-event-options.ts";
export type { TokenUsage } from "@freshet/core";
export type * from "./decode/converse-events.ts";
export { ConverseMessageBuilder } from "./client/converse-message-builder.ts";
export type * from "./client/converse-request.ts";
export type { AwsCredentialProvider, AwsCredentials } from "./client/aws-credentials.ts";
export { decodeConverseStream, decodeInvokeModelStream } from "./decode/decode-stream.ts";
export type { DecodeOptions } from "./decode/decode-stream.ts";
export type * from "./decode/invoke-chunks.ts";
export {
  detectFamily,
  isAnthropicChunk,
  isClaudeTextChunk,
  isCohereCommandChunk,
  isCohereCommandRChunk,
  isJambaChunk,
  isLlamaChunk,
  isMistralChunk,
  isNovaChunk,
  isOpenAiChunk,
  isTitanChunk,
} from "./decode/model-family.ts";
export type { ModelFamily } from "./decode/families.ts";
export { parseBedrockEvents } from "./decode/parse-bedrock-events.ts";
export type { ParsedEvents } from "./decode/parse-bedrock-events.ts";
export type { ReadOptions } from "./decode/event-stream.ts";
export { toAgentEvents } from "./agent/to-agent-events.ts";
