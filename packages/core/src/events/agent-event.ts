/**
 * Agent events: what an agent reports while it works. The names, fields and defaults are those
 * of the wire (and of the Python package agent-event-stream): `type` is the SSE event name, the rest
 * is the event's JSON data with its keys in the order written here. In a durable JSON stream an event
 * is one object with `type` first.
 */

/** Fields that every event may have, after its own. */
export interface AgentEventFields {
  /** The part of the conversation that it belongs to, where several grow at the same time. */
  part?: string;
  /** It is shown, and never kept: a reader that joins later does not get it. */
  transient?: true;
}

/** A piece of the model's response. */
export interface TokenEvent extends AgentEventFields {
  type: "token";
  text: string;
}

/** A piece of the model's reasoning. */
export interface ThinkingEvent extends AgentEventFields {
  type: "thinking";
  text: string;
}

/** The model calls a tool. */
export interface ToolUseEvent extends AgentEventFields {
  type: "tool_use";
  tool_name: string;
  tool_use_id: string;
  /** The tool's input, or a summary of it; `""` where there is none. */
  input_summary: string;
  status: "running";
}

/** A tool call ended. */
export interface ToolResultEvent extends AgentEventFields {
  type: "tool_result";
  tool_name: string;
  tool_use_id: string;
  /** The tool's output, or a summary of it; `""` where there is none. */
  output_summary: string;
  duration_ms: number;
  status: "done" | "error";
}

/** A turn of the agent loop begins. */
export interface TurnEvent extends AgentEventFields {
  type: "turn";
  turn_number: number;
  total_tools: number;
}

/** How far a long step has come. */
export interface ProgressEvent extends AgentEventFields {
  type: "progress";
  step: string;
  percentage: number;
  message: string;
  /** Left out when undefined; an empty object is kept. */
  sub_progress?: Record<string, unknown>;
}

/** The agent made something: documents, rows, images. */
export interface CreationEvent extends AgentEventFields {
  type: "creation";
  creation_type: string;
  count: number;
  tool_use_id: string;
  items: unknown[];
}

/** The turn failed. A `done` follows. */
export interface ErrorEvent extends AgentEventFields {
  type: "error";
  error_type: string;
  message: string;
  details: Record<string, unknown>;
}

/** A piece of a tool call's input, while the model writes it: JSON text, cut anywhere. A `tool_use` follows. */
export interface ToolInputEvent extends AgentEventFields {
  type: "tool_input";
  tool_use_id: string;
  tool_name: string;
  delta: string;
}

/** The agent waits for a person to decide. */
export interface ApprovalRequestEvent extends AgentEventFields {
  type: "approval_request";
  approval_id: string;
  /** The tool call that waits; `""` where the question is about something else. */
  tool_use_id: string;
  /** What is asked, for a person to read. */
  question: string;
  /** JSON Schema of the `value` that is expected. Left out: yes or no. */
  schema?: Record<string, unknown>;
}

/** A person decided what an `approval_request` asked. */
export interface ApprovalEvent extends AgentEventFields {
  type: "approval";
  approval_id: string;
  approved: boolean;
  /** What the request's `schema` describes. */
  value?: unknown;
  /** Who decided; `""` where that is not known. */
  by: string;
}

/** Something that the response refers to: a page, a document, a search result. */
export interface SourceEvent extends AgentEventFields {
  type: "source";
  source_id: string;
  /** `""` for a document without one. */
  url: string;
  title: string;
  /** The text that is cited. */
  excerpt?: string;
}

/** A file that the model or the agent made: an image, audio, a document. */
export interface FileEvent extends AgentEventFields {
  type: "file";
  file_id: string;
  media_type: string;
  name: string;
  /** Where it is; a data URL holds it inside. */
  url: string;
}

/** One operation of a JSON Patch (RFC 6902). */
export interface JsonPatchOperation {
  op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  path: string;
  from?: string;
  value?: unknown;
}

/** The agent's state, whole or as a change (RFC 6902) of the state before. */
export type StateEvent = AgentEventFields & { type: "state" } & (
    { snapshot: unknown; patch?: never } | { patch: JsonPatchOperation[]; snapshot?: never }
  );

/** Somebody stopped the turn. A `done` follows. */
export interface StoppedEvent extends AgentEventFields {
  type: "stopped";
  /** Who stopped it; `""` where that is not known. */
  by: string;
  reason: string;
}

/** A message begins: what follows belongs to it, until the next one begins. */
export interface AgentMessageEvent extends AgentEventFields {
  type: "message";
  message_id: string;
  role: "assistant" | "user" | "system" | "tool";
  /** The message it replies to, where a conversation has branches. */
  parent_id?: string;
  /** The `part` whose place this message takes, such as that of an attempt that was lost. */
  replaces?: string;
  /** A message that is there as a whole, such as a person's. */
  text?: string;
}

/** Token counts of a turn, in one vocabulary for every model family. */
export interface TokenUsage {
  /** Without the tokens read from the cache, where the wire counts them separately. */
  input_tokens: number;
  /** With `reasoning_tokens`. */
  output_tokens: number;
  total_tokens: number;
  cache_read_input_tokens?: number;
  cache_write_input_tokens?: number;
  reasoning_tokens?: number;
}

/** Always the last event of a turn, also after an `error`. */
export interface DoneEvent extends AgentEventFields {
  type: "done";
  message_id: string;
  num_turns: number;
  tool_count: number;
  duration_ms: number;
  model: string;
  total_cost_usd: number;
  usage?: TokenUsage;
}

/**
 * One agent event, discriminated by `type`. Receivers pass unknown types and extra fields through
 * untouched.
 */
export type AgentEvent =
  | TokenEvent
  | ThinkingEvent
  | ToolUseEvent
  | ToolResultEvent
  | TurnEvent
  | ProgressEvent
  | CreationEvent
  | ToolInputEvent
  | ApprovalRequestEvent
  | ApprovalEvent
  | SourceEvent
  | FileEvent
  | StateEvent
  | StoppedEvent
  | AgentMessageEvent
  | ErrorEvent
  | DoneEvent;

/** The `type` of an {@link AgentEvent}. */
export type AgentEventType = AgentEvent["type"];
