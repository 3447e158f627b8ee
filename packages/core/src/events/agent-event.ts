/**
 * Agent events: what an agent reports while it works. The names, fields and defaults are those
 * of the wire (and of the Python package agent-event-stream): `type` is the SSE event name, the rest
 * is the event's JSON data with its keys in the order written here. In a durable JSON stream an event
 * is one object with `type` first.
 */

/** A piece of the model's response. */
export interface TokenEvent {
  type: "token";
  text: string;
}

/** A piece of the model's reasoning. */
export interface ThinkingEvent {
  type: "thinking";
  text: string;
}

/** The model calls a tool. */
export interface ToolUseEvent {
  type: "tool_use";
  tool_name: string;
  tool_use_id: string;
  /** The tool's input, or a summary of it; `""` where there is none. */
  input_summary: string;
  status: "running";
}

/** A tool call ended. */
export interface ToolResultEvent {
  type: "tool_result";
  tool_name: string;
  tool_use_id: string;
  /** The tool's output, or a summary of it; `""` where there is none. */
  output_summary: string;
  duration_ms: number;
  status: "done" | "error";
}

/** A turn of the agent loop begins. */
export interface TurnEvent {
  type: "turn";
  turn_number: number;
  total_tools: number;
}

/** How far a long step has come. */
export interface ProgressEvent {
  type: "progress";
  step: string;
  percentage: number;
  message: string;
  /** Left out when undefined; an empty object is kept. */
  sub_progress?: Record<string, unknown>;
}

/** The agent made something: documents, rows, images. */
export interface CreationEvent {
  type: "creation";
  creation_type: string;
  count: number;
  tool_use_id: string;
  items: unknown[];
}

/** The turn failed. A `done` follows. */
export interface ErrorEvent {
  type: "error";
  error_type: string;
  message: string;
  details: Record<string, unknown>;
}

/** Always the last event of a turn, also after an `error`. */
export interface DoneEvent {
  type: "done";
  message_id: string;
  num_turns: number;
  tool_count: number;
  duration_ms: number;
  model: string;
  total_cost_usd: number;
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
  | ErrorEvent
  | DoneEvent;

/** The `type` of an {@link AgentEvent}. */
export type AgentEventType = AgentEvent["type"];
