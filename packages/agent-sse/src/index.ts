export type { AgentEventStore, StoredEvent, StoredEvents } from "./server/agent-event-store.ts";
export { agentEvent } from "./wire/agent-event.ts";
export type {
  AgentEventBuilders,
  ApprovalOptions,
  ApprovalRequestOptions,
  CreationOptions,
  DoneOptions,
  FileOptions,
  MessageOptions,
  SourceOptions,
  ToolResultOptions,
} from "./wire/agent-event.ts";
export { AgentEventParser } from "./wire/agent-event-parser.ts";
export type { AgentEventParserOptions, ReceivedEvent } from "./wire/agent-event-parser.ts";
export { AgentStreamEmitter } from "./server/agent-stream-emitter.ts";
export type { AgentStreamEmitterOptions } from "./server/agent-stream-emitter.ts";
export type { AgentStreamItem, ClientError } from "./server/agent-frame-writer.ts";
export { agentStreamResponse } from "./server/agent-stream-response.ts";
export type {
  AgentStreamResponseOptions,
  AgentStreamSource,
} from "./server/agent-stream-response.ts";
export type { AgentStreamWriter } from "./server/agent-stream-writer.ts";
export { batchTokens } from "./server/batch-tokens.ts";
export type { BatchTokensOptions } from "./server/batch-tokens.ts";
export { connectAgentStream } from "./client/connect-agent-stream.ts";
export type { AgentStreamConnection } from "./client/connect-agent-stream.ts";
export { defineEvents } from "./wire/define-events.ts";
export type { DefinedEvent, EventDefinitions, EventSchemas } from "./wire/define-events.ts";
export type { JsonFormat } from "./wire/encode-json.ts";
export { AgentStreamError } from "./wire/error.ts";
export type { AgentStreamErrorCode, AgentStreamErrorFacts } from "./wire/error.ts";
export { formatAgentEvent } from "./wire/format-agent-event.ts";
export type { FormatAgentEventOptions, WireEvent } from "./wire/format-agent-event.ts";
export { MemoryEventStore } from "./server/memory-event-store.ts";
export type { MemoryEventStoreOptions } from "./server/memory-event-store.ts";
export { readAgentEvents } from "./client/read-agent-events.ts";
export type { AgentEvents, ReadAgentEventsOptions } from "./client/read-agent-events.ts";
export type { ConnectAgentStreamOptions, ConnectionState } from "./client/connect-options.ts";
export { reduceAgentEvents } from "./view/reduce-agent-events.ts";
export { emptyTranscript } from "./view/transcript.ts";
export type { AgentTranscript, ToolCall, TranscriptPart } from "./view/transcript.ts";
export { lastEventIdOf } from "./wire/last-event-id.ts";
export { resumableResponse } from "./server/resumable-response.ts";
export type { ResumableResponseOptions } from "./server/resumable-response.ts";
export { TokenBatcher } from "./server/token-batcher.ts";
export type { TokenBatcherOptions } from "./server/token-batcher.ts";
