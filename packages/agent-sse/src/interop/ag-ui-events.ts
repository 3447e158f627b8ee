import {
  EventType,
  type AGUIEvent,
  type Interrupt,
  type JsonPatch,
  type TokenUsage as AgUiTokenUsage,
} from "@ag-ui/core";
import type {
  ApprovalRequestEvent,
  DoneEvent,
  ErrorEvent,
  StateEvent,
  TokenUsage,
  ToolUseEvent,
} from "@freshet/core";
import { fieldsOf } from "../wire/event-fields.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

export function content(kind: "text" | "reasoning", messageId: string, delta: string): AGUIEvent {
  return kind === "text"
    ? { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta }
    : { type: EventType.REASONING_MESSAGE_CONTENT, messageId, delta };
}

/** Tells a message that AG-UI needs from one that a `message` event begins. */
export const implicit: { metadata: { freshet: object } } = own({ implicit: true });

export function stateEvent(event: StateEvent): AGUIEvent {
  return event.patch === undefined
    ? { type: EventType.STATE_SNAPSHOT, snapshot: event.snapshot }
    : { type: EventType.STATE_DELTA, delta: event.patch as JsonPatch };
}

export function interruptOf(request: ApprovalRequestEvent): Interrupt {
  const { approval_id: id, question: message, tool_use_id: toolCallId, schema } = request;
  return {
    ...{ id, reason: "approval", message },
    ...(toolCallId === "" ? undefined : { toolCallId }),
    ...(schema && { responseSchema: schema }),
  };
}

export function usageOf(usage: TokenUsage): AgUiTokenUsage {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    totalTokens: usage.total_tokens,
    ...(usage.reasoning_tokens !== undefined && { reasoningTokens: usage.reasoning_tokens }),
    ...(usage.cache_read_input_tokens !== undefined && {
      cachedInputTokens: usage.cache_read_input_tokens,
    }),
    ...(usage.cache_write_input_tokens !== undefined && {
      cacheWriteInputTokens: usage.cache_write_input_tokens,
    }),
  };
}

export function toolCall(event: ToolUseEvent): AGUIEvent[] {
  const { tool_use_id: toolCallId, tool_name: toolCallName, input_summary: delta } = event;
  const end = { type: EventType.TOOL_CALL_END as const, toolCallId };
  const start = { type: EventType.TOOL_CALL_START as const, toolCallId, toolCallName };
  return delta === ""
    ? [start, end]
    : [start, { type: EventType.TOOL_CALL_ARGS, toolCallId, delta }, end];
}

export function runError(error: ErrorEvent, done?: Omit<DoneEvent, "type">): AGUIEvent {
  const { error_type: code, message, details } = error;
  return { type: EventType.RUN_ERROR, message, code, ...own({ details, done }) };
}

export function custom(event: WireEvent): AGUIEvent {
  // An AG-UI event without an equivalent goes back unchanged.
  const { event: original } = event as { event?: AGUIEvent };
  if (event.type === "ag_ui" && original) return original;
  return { type: EventType.CUSTOM, name: event.type, value: fieldsOf(event) };
}

export function own(fields: object): { metadata: { freshet: object } } {
  return { metadata: { freshet: fields } };
}
