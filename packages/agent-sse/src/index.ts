export type { AgentEventStore, StoredEvent, StoredEvents } from "./agent-event-store.ts";
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
export type { AgentStreamItem, ClientError } from "./agent-frame-writer.ts";
export { agentStreamResponse } from "./agent-stream-response.ts";
export type { AgentStreamResponseOptions, AgentStreamSource } from "./agent-stream-response.ts";
export type { AgentStreamWriter } from "./agent-stream-writer.ts";
export { batchTokens } from "./batch-tokens.ts";
export type { BatchTokensOptions } from "./batch-tokens.ts";
export { connectAgentStream } from "./connect-agent-stream.ts";
export type { AgentStreamConnection } from "./connect-agent-stream.ts";
export { defineEvents } from "./define-events.ts";
export type { DefinedEvent, EventDefinitions, EventSchemas } from "./define-events.ts";
export type { JsonFormat } from "./encode-json.ts";
export { AgentStreamError } from "./error.ts";
export type { AgentStreamErrorCode, AgentStreamErrorFacts } from "./error.ts";
export { formatAgentEvent } from "./format-agent-event.ts";
export type { FormatAgentEventOptions, WireEvent } from "./format-agent-event.ts";
export { MemoryEventStore } from "./memory-event-store.ts";
export type { MemoryEventStoreOptions } from "./memory-event-store.ts";
export { readAgentEvents } from "./read-agent-events.ts";
export type { AgentEvents, ReadAgentEventsOptions } from "./read-agent-events.ts";
export type { ConnectAgentStreamOptions, ConnectionState } from "./reconnecting-reader.ts";
export { emptyTranscript, reduceAgentEvents } from "./reduce-agent-events.ts";
export type { AgentTranscript, ToolCall, TranscriptPart } from "./reduce-agent-events.ts";
export { lastEventIdOf } from "./last-event-id.ts";
export { resumableResponse } from "./resumable-response.ts";
export type { ResumableResponseOptions } from "./resumable-response.ts";
export { TokenBatcher } from "./token-batcher.ts";
export type { TokenBatcherOptions } from "./token-batcher.ts";
