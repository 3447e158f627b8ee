import type {
  AgentEvent,
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

/** How a tool call ended. */
export interface ToolResultOptions {
  outputSummary?: string | undefined;
  durationMs?: number | undefined;
  isError?: boolean | undefined;
}

export interface CreationOptions {
  toolUseId?: string | undefined;
  items?: unknown[] | undefined;
}

/** How a turn ended. Times in milliseconds, cost in US dollars. */
export interface DoneOptions {
  messageId?: string | undefined;
  numTurns?: number | undefined;
  toolCount?: number | undefined;
  durationMs?: number | undefined;
  model?: string | undefined;
  totalCostUsd?: number | undefined;
}

/** One method for each event; {@link agentEvent} returns objects, `AgentStreamEmitter` frames. */
export interface AgentEventMethods<Out = AgentEvent> {
  token(text: string): Out;
  thinking(text: string): Out;
  toolUse(toolName: string, toolUseId: string, inputSummary?: string): Out;
  toolResult(toolName: string, toolUseId: string, options?: ToolResultOptions): Out;
  turn(turnNumber: number, totalTools?: number): Out;
  progress(
    step: string,
    percentage: number,
    message: string,
    subProgress?: Record<string, unknown>,
  ): Out;
  creation(creationType: string, count: number, options?: CreationOptions): Out;
  error(errorType: string, message: string, details?: Record<string, unknown>): Out;
  done(options?: DoneOptions): Out;
}

/**
 * Makes agent events with every field present and in the order of the wire.
 *
 * @example
 * ```ts
 * import { agentEvent } from "@freshet/agent-sse";
 *
 * console.log(agentEvent.toolUse("search", "call-1"));
 * // { type: "tool_use", tool_name: "search", tool_use_id: "call-1", input_summary: "", status: "running" }
 * ```
 */
export const agentEvent = {
  token: (text: string): TokenEvent => ({ type: "token", text }),

  thinking: (text: string): ThinkingEvent => ({ type: "thinking", text }),

  toolUse: (toolName: string, toolUseId: string, inputSummary = ""): ToolUseEvent => ({
    type: "tool_use",
    tool_name: toolName,
    tool_use_id: toolUseId,
    input_summary: inputSummary,
    status: "running",
  }),

  toolResult: (
    toolName: string,
    toolUseId: string,
    { outputSummary = "", durationMs = 0, isError = false }: ToolResultOptions = {},
  ): ToolResultEvent => ({
    type: "tool_result",
    tool_name: toolName,
    tool_use_id: toolUseId,
    output_summary: outputSummary,
    duration_ms: durationMs,
    status: isError ? "error" : "done",
  }),

  turn: (turnNumber: number, totalTools = 0): TurnEvent => ({
    type: "turn",
    turn_number: turnNumber,
    total_tools: totalTools,
  }),

  progress: (
    step: string,
    percentage: number,
    message: string,
    subProgress?: Record<string, unknown>,
  ): ProgressEvent => ({
    type: "progress",
    step,
    percentage,
    message,
    ...(subProgress === undefined ? undefined : { sub_progress: subProgress }),
  }),

  creation: (
    creationType: string,
    count: number,
    { toolUseId = "", items = [] }: CreationOptions = {},
  ): CreationEvent => ({
    type: "creation",
    creation_type: creationType,
    count,
    tool_use_id: toolUseId,
    items,
  }),

  error: (
    errorType: string,
    message: string,
    details: Record<string, unknown> = {},
  ): ErrorEvent => ({ type: "error", error_type: errorType, message, details }),

  done: ({
    messageId = "",
    numTurns = 0,
    toolCount = 0,
    durationMs = 0,
    model = "",
    totalCostUsd = 0,
  }: DoneOptions = {}): DoneEvent => ({
    type: "done",
    message_id: messageId,
    num_turns: numTurns,
    tool_count: toolCount,
    duration_ms: durationMs,
    model,
    total_cost_usd: totalCostUsd,
  }),
} satisfies AgentEventMethods;
