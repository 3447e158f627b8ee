export { BedrockClient } from "./bedrock-client.ts";
export type { BedrockClientOptions, CallOptions } from "./bedrock-client.ts";
export { BedrockDecoder } from "./bedrock-decoder.ts";
export type { BedrockDecoderOptions, BedrockEvent } from "./bedrock-decoder.ts";
export { BedrockError } from "./bedrock-error.ts";
export type { BedrockErrorCode, BedrockErrorFacts } from "./bedrock-error.ts";
export { BedrockResponse } from "./bedrock-response.ts";
export type {
  BedrockDoneEvent,
  CitationAt,
  IncompleteToolUse,
  TokenUsage,
} from "./agent/agent-answer.ts";
export type { AgentEventInput, AgentEventOptions } from "./agent/agent-event-mapper.ts";
export type * from "./converse-events.ts";
export { ConverseMessageBuilder } from "./converse-message-builder.ts";
export type * from "./converse-request.ts";
export type { AwsCredentialProvider, AwsCredentials } from "./credentials.ts";
export { decodeConverseStream, decodeInvokeModelStream } from "./decode-stream.ts";
export type { DecodeOptions } from "./decode-stream.ts";
export type { Fetch } from "./http-attempt.ts";
export type * from "./invoke-chunks.ts";
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
} from "./model-family.ts";
export type { ModelFamily } from "./model-family.ts";
export { parseBedrockEvents } from "./parse-events.ts";
export type { ParsedEvents } from "./parse-events.ts";
export type { ReadOptions } from "./parsed-stream.ts";
export { toAgentEvents } from "./to-agent-events.ts";
