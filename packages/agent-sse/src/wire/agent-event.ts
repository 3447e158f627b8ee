import type {
  AgentMessageEvent,
  ApprovalEvent,
  ApprovalRequestEvent,
  CreationEvent,
  DoneEvent,
  ErrorEvent,
  FileEvent,
  JsonPatchOperation,
  ProgressEvent,
  SourceEvent,
  StateEvent,
  StoppedEvent,
  ThinkingEvent,
  TokenEvent,
  TokenUsage,
  ToolInputEvent,
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

/** Options of {@link AgentEventBuilders.message}. */
export interface MessageOptions {
  /** Default `"assistant"`. */
  role?: AgentMessageEvent["role"] | undefined;
  /** The message it replies to, where a conversation has branches. */
  parentId?: string | undefined;
  /** The `part` whose place this message takes. */
  replaces?: string | undefined;
  /** A message that is there as a whole, such as a person's. */
  text?: string | undefined;
}

/** Options of {@link AgentEventBuilders.source}. */
export interface SourceOptions {
  url?: string | undefined;
  title?: string | undefined;
  /** The text that is cited. */
  excerpt?: string | undefined;
}

/** Options of {@link AgentEventBuilders.file}. */
export interface FileOptions {
  fileId?: string | undefined;
  name?: string | undefined;
}

/** Options of {@link AgentEventBuilders.approvalRequest}. */
export interface ApprovalRequestOptions {
  /** The tool call that waits. */
  toolUseId?: string | undefined;
  /** JSON Schema of the value that is expected. Default: yes or no. */
  schema?: Record<string, unknown> | undefined;
}

/** Options of {@link AgentEventBuilders.approval}. */
export interface ApprovalOptions {
  /** What the request's `schema` describes. */
  value?: unknown;
  /** Who decided. */
  by?: string | undefined;
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
  usage?: TokenUsage | undefined;
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
  /** @param delta - a piece of the input's JSON, cut anywhere; a `toolUse` follows */
  toolInput(toolName: string, toolUseId: string, delta: string): ToolInputEvent;
  message(messageId: string, options?: MessageOptions): AgentMessageEvent;
  source(sourceId: string, options?: SourceOptions): SourceEvent;
  /** @param url - where it is; a data URL holds it inside */
  file(mediaType: string, url: string, options?: FileOptions): FileEvent;
  /** @param change - the whole state, or a JSON Patch (RFC 6902) of the state before */
  state(change: { snapshot: unknown } | { patch: JsonPatchOperation[] }): StateEvent;
  approvalRequest(
    approvalId: string,
    question: string,
    options?: ApprovalRequestOptions,
  ): ApprovalRequestEvent;
  approval(approvalId: string, approved: boolean, options?: ApprovalOptions): ApprovalEvent;
  /** @param by - who stopped the turn */
  stopped(by?: string, reason?: string): StoppedEvent;
  error(errorType: string, message: string, details?: Record<string, unknown>): ErrorEvent;
  done(options?: DoneOptions): DoneEvent;
}

/**
 * Builds agent events with every field present, in the order of the wire. `part` and `transient` are added
 * to any of them: `{ ...agentEvent.token("Hi"), part: "helper" }`.
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

  toolInput: (toolName, toolUseId, delta) => ({
    type: "tool_input",
    tool_use_id: toolUseId,
    tool_name: toolName,
    delta,
  }),

  message: (messageId, { role = "assistant", parentId, replaces, text } = {}) => ({
    type: "message",
    message_id: messageId,
    role,
    ...(parentId === undefined ? undefined : { parent_id: parentId }),
    ...(replaces === undefined ? undefined : { replaces }),
    ...(text === undefined ? undefined : { text }),
  }),

  source: (sourceId, { url = "", title = "", excerpt } = {}) => ({
    type: "source",
    source_id: sourceId,
    url,
    title,
    ...(excerpt === undefined ? undefined : { excerpt }),
  }),

  file: (mediaType, url, { fileId = "", name = "" } = {}) => ({
    type: "file",
    file_id: fileId,
    media_type: mediaType,
    name,
    url,
  }),

  state: (change) =>
    "patch" in change
      ? { type: "state", patch: change.patch }
      : { type: "state", snapshot: change.snapshot },

  approvalRequest: (approvalId, question, { toolUseId = "", schema } = {}) => ({
    type: "approval_request",
    approval_id: approvalId,
    tool_use_id: toolUseId,
    question,
    ...(schema === undefined ? undefined : { schema }),
  }),

  approval: (approvalId, approved, { value, by = "" } = {}) => ({
    type: "approval",
    approval_id: approvalId,
    approved,
    ...(value === undefined ? undefined : { value }),
    by,
  }),

  stopped: (by = "", reason = "") => ({ type: "stopped", by, reason }),

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
    usage,
  } = {}) => ({
    type: "done",
    message_id: messageId,
    num_turns: numTurns,
    tool_count: toolCount,
    duration_ms: durationMs,
    model,
    total_cost_usd: totalCostUsd,
    ...(usage === undefined ? undefined : { usage }),
  }),
};
