export type {
  AgentEvent,
  AgentEventType,
  CreationEvent,
  DoneEvent,
  ErrorEvent,
  ProgressEvent,
  ThinkingEvent,
  TokenEvent,
  ToolResultEvent,
  ToolUseEvent,
  TurnEvent,
} from "./agent-event.ts";
export { addAsyncDispose } from "./async-dispose.ts";
export { backoffDelayMs, defaultBackoff, delay, parseRetryAfterMs } from "./backoff.ts";
export type { BackoffOptions } from "./backoff.ts";
export { iterateBytes, openByteSource } from "./byte-source.ts";
export type { ByteSource, IterateBytesOptions, OpenByteSource } from "./byte-source.ts";
export { FreshetError } from "./error.ts";
export { linkedAbort } from "./linked-abort.ts";
export type { StandardSchemaV1 } from "@standard-schema/spec";
