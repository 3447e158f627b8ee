export { agentEvent } from "./agent-event.ts";
export type {
  AgentEventBuilders,
  CreationOptions,
  DoneOptions,
  ToolResultOptions,
} from "./agent-event.ts";
export { AgentEventParser } from "./agent-event-parser.ts";
export type { AgentEventParserOptions, ReceivedEvent } from "./agent-event-parser.ts";
export { AgentStreamEmitter } from "./agent-stream-emitter.ts";
export type { AgentStreamEmitterOptions } from "./agent-stream-emitter.ts";
export type { AgentStreamItem, AgentStreamSource, ClientError } from "./agent-stream-pump.ts";
export { agentStreamResponse } from "./agent-stream-response.ts";
export type { AgentStreamResponseOptions } from "./agent-stream-response.ts";
export { batchTokens } from "./batch-tokens.ts";
export type { BatchTokensOptions } from "./batch-tokens.ts";
export { connectAgentStream } from "./connect-agent-stream.ts";
export type { AgentStreamConnection } from "./connect-agent-stream.ts";
export type { JsonFormat } from "./encode-json.ts";
export { AgentStreamError } from "./error.ts";
export type { AgentStreamErrorCode, AgentStreamErrorFacts } from "./error.ts";
export { formatAgentEvent } from "./format-agent-event.ts";
export type { FormatAgentEventOptions, WireEvent } from "./format-agent-event.ts";
export { readAgentEvents } from "./read-agent-events.ts";
export type { AgentEvents, ReadAgentEventsOptions } from "./read-agent-events.ts";
export type { ConnectAgentStreamOptions, ConnectionState } from "./reconnecting-reader.ts";
export { emptyTranscript, reduceAgentEvents } from "./reduce-agent-events.ts";
export type { AgentTranscript, ToolCall } from "./reduce-agent-events.ts";
export { lastEventIdOf } from "./last-event-id.ts";
export { TokenBatcher } from "./token-batcher.ts";
export type { TokenBatcherOptions } from "./token-batcher.ts";
