import type {
  AgentEvent,
  CreationEvent,
  DoneEvent,
  ErrorEvent,
  ProgressEvent,
  ToolResultEvent,
  ToolUseEvent,
  TurnEvent,
} from "@freshet/core";

/** A tool call, from its start to its result. */
export interface ToolCall {
  id: string;
  name: string;
  status: "running" | "done" | "error";
  inputSummary: string;
  outputSummary: string;
  durationMs: number;
}

/** A part of a turn: text, reasoning, a tool call or a creation. */
export type TranscriptPart =
  | { readonly type: "text" | "thinking"; readonly text: string }
  | { readonly type: "tool"; readonly tool: ToolCall }
  | { readonly type: "creation"; readonly creation: CreationEvent };

/** Everything an agent has said and done so far, ready to be rendered. Treat it as immutable. */
export interface AgentTranscript {
  /** Text, reasoning, tool calls and creations, in the order in which they began. */
  readonly parts: readonly TranscriptPart[];
  /** All text so far, without the parts in between. */
  readonly text: string;
  /** All reasoning so far. */
  readonly thinking: string;
  /** The tool calls, in the order in which they began. */
  readonly tools: readonly ToolCall[];
  readonly creations: readonly CreationEvent[];
  /** The latest `turn` event. */
  readonly turn: TurnEvent | undefined;
  /** The latest `progress` event. */
  readonly progress: ProgressEvent | undefined;
  /** The latest `error` event. */
  readonly error: ErrorEvent | undefined;
  /** Set when the turn is over. */
  readonly done: DoneEvent | undefined;
}

/** The transcript before the first event. */
export const emptyTranscript: AgentTranscript = Object.freeze({
  parts: [],
  text: "",
  thinking: "",
  tools: [],
  creations: [],
  turn: undefined,
  progress: undefined,
  error: undefined,
  done: undefined,
});

/**
 * Adds an event to a transcript. It is a reducer for `useReducer`, `Array.reduce` or a loop. Events of
 * unknown type change nothing. A `turn` or `message` after `done` begins the next turn, and with it a new
 * transcript; any other event after `done` continues the old one, so that nothing is lost.
 *
 * @example
 * ```ts
 * import { agentEvent, emptyTranscript, reduceAgentEvents } from "@freshet/agent-sse";
 *
 * const events = [agentEvent.token("Hel"), agentEvent.token("lo")];
 * console.log(events.reduce(reduceAgentEvents, emptyTranscript).text); // Hello
 * ```
 */
export function reduceAgentEvents(state: AgentTranscript, event: AgentEvent): AgentTranscript {
  if (state.done) return reduceAgentEvents(afterDone(state, event), event);
  switch (event.type) {
    case "token":
      return {
        ...state,
        parts: addText(state.parts, "text", event.text),
        text: state.text + event.text,
      };
    case "thinking":
      return {
        ...state,
        parts: addText(state.parts, "thinking", event.text),
        thinking: state.thinking + event.text,
      };
    case "tool_use":
      return addTool(state, startedTool(event));
    case "tool_result":
      return endTool(state, event);
    case "turn":
      return { ...state, turn: event };
    case "progress":
      return { ...state, progress: event };
    case "creation":
      return {
        ...state,
        parts: [...state.parts, { type: "creation", creation: event }],
        creations: [...state.creations, event],
      };
    case "error":
      return { ...state, error: event };
    case "done":
      return { ...state, done: event };
    default:
      return state;
  }
}

/** The transcript that an event after `done` continues. */
function afterDone(state: AgentTranscript, { type }: AgentEvent): AgentTranscript {
  if (type === "turn" || type === "message") return emptyTranscript;
  return { ...state, done: undefined };
}

/** Adds text to the last part if that has the same type, otherwise as a new part. */
function addText(
  parts: readonly TranscriptPart[],
  type: "text" | "thinking",
  text: string,
): readonly TranscriptPart[] {
  const last = parts.at(-1);
  return last?.type === type
    ? parts.with(-1, { type, text: last.text + text })
    : [...parts, { type, text }];
}

function addTool(state: AgentTranscript, tool: ToolCall): AgentTranscript {
  return {
    ...state,
    parts: [...state.parts, { type: "tool", tool }],
    tools: [...state.tools, tool],
  };
}

function startedTool(event: ToolUseEvent): ToolCall {
  return {
    id: event.tool_use_id,
    name: event.tool_name,
    status: event.status,
    inputSummary: event.input_summary,
    outputSummary: "",
    durationMs: 0,
  };
}

/** Adds a result to its call. A result whose call was never seen becomes a call of its own. */
function endTool(state: AgentTranscript, event: ToolResultEvent): AgentTranscript {
  const result = {
    status: event.status,
    outputSummary: event.output_summary,
    durationMs: event.duration_ms,
  };
  const { tool_use_id: id, tool_name: name } = event;
  const isCall = (tool: ToolCall) => tool.id === id;
  const call = state.tools.findLast(isCall);
  if (!call) return addTool(state, { id, name, inputSummary: "", ...result });
  const tool = { ...call, ...result };
  // Compared by id: in a state that was stored as JSON, `parts` and `tools` hold different objects.
  const isPart = (part: TranscriptPart) => part.type === "tool" && isCall(part.tool);
  return {
    ...state,
    parts: replaceLast(state.parts, isPart, { type: "tool", tool }),
    tools: replaceLast(state.tools, isCall, tool),
  };
}

function replaceLast<T>(
  list: readonly T[],
  matches: (item: T) => boolean,
  replacement: T,
): readonly T[] {
  const index = list.findLastIndex(matches);
  return index === -1 ? list : list.with(index, replacement);
}
