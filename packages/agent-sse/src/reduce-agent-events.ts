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

/** What an agent has said and done so far, ready to be shown. Treat it as immutable. */
export interface AgentTranscript {
  /** The answer so far. */
  readonly text: string;
  /** The reasoning so far. */
  readonly thinking: string;
  /** In the order of their start. */
  readonly tools: readonly ToolCall[];
  readonly creations: readonly CreationEvent[];
  /** The newest of each. */
  readonly turn: TurnEvent | undefined;
  readonly progress: ProgressEvent | undefined;
  readonly error: ErrorEvent | undefined;
  /** Set when the turn is over. */
  readonly done: DoneEvent | undefined;
}

/** Where every transcript starts. */
export const emptyTranscript: AgentTranscript = Object.freeze({
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
 * Adds an event to a transcript; a reducer for `useReducer`, `Array.reduce` or a loop. Events of unknown
 * type change nothing. An event after `done` belongs to the next answer, so it starts an empty transcript.
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
  if (state.done) return reduceAgentEvents(emptyTranscript, event);
  switch (event.type) {
    case "token":
      return { ...state, text: state.text + event.text };
    case "thinking":
      return { ...state, thinking: state.thinking + event.text };
    case "tool_use":
      return { ...state, tools: [...state.tools, startedTool(event)] };
    case "tool_result":
      return { ...state, tools: endTool(state.tools, event) };
    case "turn":
      return { ...state, turn: event };
    case "progress":
      return { ...state, progress: event };
    case "creation":
      return { ...state, creations: [...state.creations, event] };
    case "error":
      return { ...state, error: event };
    case "done":
      return { ...state, done: event };
    default:
      return state;
  }
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

/** A result whose call was never seen is shown all the same. */
function endTool(tools: readonly ToolCall[], event: ToolResultEvent): readonly ToolCall[] {
  const result = {
    status: event.status,
    outputSummary: event.output_summary,
    durationMs: event.duration_ms,
  };
  const index = tools.findLastIndex(({ id }) => id === event.tool_use_id);
  const call = tools[index];
  if (call) return tools.with(index, { ...call, ...result });
  return [...tools, { id: event.tool_use_id, name: event.tool_name, inputSummary: "", ...result }];
}
