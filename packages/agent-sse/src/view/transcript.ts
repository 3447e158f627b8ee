import type {
  AgentMessageEvent,
  ApprovalEvent,
  ApprovalRequestEvent,
  CreationEvent,
  DoneEvent,
  ErrorEvent,
  FileEvent,
  ProgressEvent,
  SourceEvent,
  StoppedEvent,
  TurnEvent,
} from "@freshet/core";

/** A tool call, from the first piece of its input to its result. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /**
   * - `preparing`: the model writes its input.
   * - `running`, `done`, `error`: as its events say.
   * - `unknown`: the turn is over, and no result has come.
   */
  readonly status: "preparing" | "running" | "done" | "error" | "unknown";
  readonly inputSummary: string;
  readonly outputSummary: string;
  readonly durationMs: number;
  /** The JSON of its input so far, where `tool_input` events bring it. */
  readonly inputText?: string;
  /** The value of `inputText`, also while it is not complete. */
  readonly input?: unknown;
}

/** A part of a turn. */
export type TranscriptPart = (
  | { readonly type: "text" | "thinking"; readonly text: string }
  | { readonly type: "tool"; readonly tool: ToolCall }
  | { readonly type: "creation"; readonly creation: CreationEvent }
  | { readonly type: "source"; readonly source: SourceEvent }
  | { readonly type: "file"; readonly file: FileEvent }
  | {
      readonly type: "approval";
      readonly request: ApprovalRequestEvent;
      /** The decision; `undefined` until it is made. */
      readonly approval: ApprovalEvent | undefined;
    }
  /** A message begins: what follows belongs to it. */
  | { readonly type: "message"; readonly message: AgentMessageEvent }
) & {
  /** The `part` of its events, where several grow at the same time. */
  readonly part?: string;
};

/** Everything an agent has said and done so far, ready to be rendered. Treat it as immutable. */
export interface AgentTranscript {
  /** Everything that is shown, in the order in which it began. */
  readonly parts: readonly TranscriptPart[];
  /** All text so far, without the parts in between. */
  readonly text: string;
  /** All reasoning so far. */
  readonly thinking: string;
  /** The tool calls, in the order in which they began. */
  readonly tools: readonly ToolCall[];
  readonly creations: readonly CreationEvent[];
  readonly sources: readonly SourceEvent[];
  readonly files: readonly FileEvent[];
  /** The latest `turn` event. */
  readonly turn: TurnEvent | undefined;
  /** The latest `progress` event. */
  readonly progress: ProgressEvent | undefined;
  /** The agent's state, with all patches applied. */
  readonly state: unknown;
  /** Set when somebody stopped the turn. */
  readonly stopped: StoppedEvent | undefined;
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
  sources: [],
  files: [],
  turn: undefined,
  progress: undefined,
  state: undefined,
  stopped: undefined,
  error: undefined,
  done: undefined,
});
