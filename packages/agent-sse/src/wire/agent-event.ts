import type {
  CreationEvent,
  DoneEvent,
  ErrorEvent,
  ProgressEvent,
  ThinkingEvent,
  TokenEvent,
  ToolResultEvent,
  ToolUseEvent,
  TurnEvent,
} from "@freshet/core";

/** Options of {@link AgentEventBuilders.toolResult}: how a tool call ended. */
export interface ToolResultOptions {
  outputSummary?: string | undefined;
  durationMs?: number | undefined;
  isError?: boolean | undefined;
}

/** Options of {@link AgentEventBuilders.creation}. */
export interface CreationOptions {
  toolUseId?: string | undefined;
  items?: unknown[] | undefined;
}

/**
 * Options of {@link AgentEventBuilders.done}: how a turn ended. Times are in milliseconds, the cost is in
 * US dollars.
 */
export interface DoneOptions {
  messageId?: string | undefined;
  numTurns?: number | undefined;
  toolCount?: number | undefined;
  durationMs?: number | undefined;
  model?: string | undefined;
  totalCostUsd?: number | undefined;
}

/** The methods of {@link agentEvent}. */
export interface AgentEventBuilders {
  token(text: string): TokenEvent;
  thinking(text: string): ThinkingEvent;
  toolUse(toolName: string, toolUseId: string, inputSummary?: string): ToolUseEvent;
  toolResult(toolName: string, toolUseId: string, options?: ToolResultOptions): ToolResultEvent;
  turn(turnNumber: number, totalTools?: number): TurnEvent;
  /** @param percentage - 0 to 100 */
  progress(
    step: string,
    percentage: number,
    message: string,
    subProgress?: Record<string, unknown>,
  ): ProgressEvent;
  creation(creationType: string, count: number, options?: CreationOptions): CreationEvent;
  error(errorType: string, message: string, details?: Record<string, unknown>): ErrorEvent;
  done(options?: DoneOptions): DoneEvent;
}

/**
 * Builds agent events with every field present, in the order of the wire.
 *
 * @example
 * ```ts
 * import { agentEvent } from "@freshet/agent-sse";
 *
 * console.log(agentEvent.toolUse("search", "call-1"));
 * // { type: "tool_use", tool_name: "search", tool_use_id: "call-1", input_summary: "", status: "running" }
 * ```
 */
export const agentEvent: AgentEventBuilders = {
  token: (text) => ({ type: "token", text }),

  thinking: (text) => ({ type: "thinking", text }),

  toolUse: (toolName, toolUseId, inputSummary = "") => ({
    type: "tool_use",
    tool_name: toolName,
    tool_use_id: toolUseId,
    input_summary: inputSummary,
    status: "running",
  }),

  toolResult: (
    toolName,
    toolUseId,
    { outputSummary = "", durationMs = 0, isError = false } = {},
  ) => ({
    type: "tool_result",
    tool_name: toolName,
    tool_use_id: toolUseId,
    output_summary: outputSummary,
    duration_ms: durationMs,
    status: isError ? "error" : "done",
  }),

  turn: (turnNumber, totalTools = 0) => ({
    type: "turn",
    turn_number: turnNumber,
    total_tools: totalTools,
  }),

  progress: (step, percentage, message, subProgress) => ({
    type: "progress",
    step,
    percentage,
    message,
    ...(subProgress === undefined ? undefined : { sub_progress: subProgress }),
  }),

  creation: (creationType, count, { toolUseId = "", items = [] } = {}) => ({
    type: "creation",
    creation_type: creationType,
    count,
    tool_use_id: toolUseId,
    items,
  }),

  error: (errorType, message, details = {}) => ({
    type: "error",
    error_type: errorType,
    message,
    details,
  }),

  done: ({
    messageId = "",
    numTurns = 0,
    toolCount = 0,
    durationMs = 0,
    model = "",
    totalCostUsd = 0,
  } = {}) => ({
    type: "done",
    message_id: messageId,
    num_turns: numTurns,
    tool_count: toolCount,
    duration_ms: durationMs,
    model,
    total_cost_usd: totalCostUsd,
  }),
};
