import type {
  AgentEvent,
  AgentMessageEvent,
  DoneEvent,
  StateEvent,
  ToolInputEvent,
  ToolResultEvent,
} from "@freshet/core";
import { nextState } from "../view/next-state.ts";
import type { UIMessageChunk } from "./ui-message-chunk.ts";
import { fieldsOf } from "../wire/event-fields.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** Options of `toUiMessageChunks`. */
export interface UiMessageOptions {
  /**
   * The id of the message. Default: that of the `message` event that the turn begins with; without one the
   * reader generates it.
   */
  messageId?: string | undefined;
  /** Makes the metadata of the message from the `done` event. Default: no metadata. */
  messageMetadata?: ((done: DoneEvent) => unknown) | undefined;
}

/**
 * Turns agent events into the chunks of an AI SDK UI message stream, one by one. In that stream text and
 * reasoning have a start and an end, each turn is a step, and an incomplete message ends with an error.
 */
export class UiMessageChunker {
  readonly #options: UiMessageOptions;
  #started = false;
  #stepOpen = false;
  #finished = false;
  /** The open text of each `part`. */
  readonly #open = new Map<string, { kind: "text" | "reasoning"; id: string }>();
  #parts = 0;
  /** The calls whose input has begun, and those that are made. */
  readonly #inputs = new Set<string>();
  readonly #tools = new Set<string>();
  #state: unknown;

  constructor(options: UiMessageOptions) {
    this.#options = options;
  }

  /** Whether `done` has come. */
  get isFinished(): boolean {
    return this.#finished;
  }

  /** The chunks of one event. Events after `done` belong to another message and are left out. */
  push(event: AgentEvent | WireEvent): UIMessageChunk[] {
    if (this.#finished) return [];
    const known = event as AgentEvent;
    switch (known.type) {
      case "token":
        return this.#text("text", known);
      case "thinking":
        return this.#text("reasoning", known);
      case "message":
        return this.#message(known);
      case "tool_input":
        return [...this.#between(known.part), ...this.#toolInput(known)];
      case "state":
        this.#state = nextState(this.#state, known);
        return [...this.#between(known.part), stateChunk(this.#state, known)];
      case "turn":
        return [...this.#start(), ...this.#endStep(), ...this.#openStep()];
      case "tool_use":
        return [
          ...this.#between(known.part),
          this.#tool(known.tool_use_id, known.tool_name, inputOf(known.input_summary)),
        ];
      case "tool_result":
        return [...this.#between(known.part), ...this.#toolResult(known)];
      case "error":
        return [...this.#between(), { type: "error", errorText: known.message }];
      case "done":
        return this.#finish(known);
      default:
        return [...this.#between(known.part), ownChunk(event) ?? dataChunk(event)];
    }
  }

  /** The first message gives the whole one its id. */
  #message(event: AgentMessageEvent): UIMessageChunk[] {
    if (this.#started || event.role !== "assistant") return [...this.#between(), dataChunk(event)];
    return this.#start(event.message_id);
  }

  #toolInput({ tool_use_id: toolCallId, tool_name: toolName, delta }: ToolInputEvent) {
    const isNew = !this.#inputs.has(toolCallId);
    this.#inputs.add(toolCallId);
    const start: UIMessageChunk[] = isNew
      ? [{ type: "tool-input-start", toolCallId, toolName, dynamic: true }]
      : [];
    return [...start, { type: "tool-input-delta" as const, toolCallId, inputTextDelta: delta }];
  }

  /** The chunks that end the message once its events have ended: none after `done`. */
  end(): UIMessageChunk[] {
    if (this.#finished) return [];
    const errorText = "The answer is incomplete: its stream ended early.";
    return [...this.#between(), { type: "error", errorText }];
  }

  #text(
    kind: "text" | "reasoning",
    { text: delta, part = "" }: { text: string; part?: string },
  ): UIMessageChunk[] {
    const open = this.#open.get(part);
    if (open?.kind === kind) return [{ type: `${kind}-delta`, id: open.id, delta }];
    const before = this.#between(part);
    const id = String(this.#parts++);
    this.#open.set(part, { kind, id });
    return [...before, { type: `${kind}-start`, id }, { type: `${kind}-delta`, id, delta }];
  }

  /** The chunks that must come before anything that does not continue the open text of its part. */
  #between(part = ""): UIMessageChunk[] {
    return [...this.#start(), ...this.#endText(part), ...this.#openStep()];
  }

  #start(defaultId?: string): UIMessageChunk[] {
    if (this.#started) return [];
    this.#started = true;
    const { messageId = defaultId } = this.#options;
    return [messageId === undefined ? { type: "start" } : { type: "start", messageId }];
  }

  #openStep(): UIMessageChunk[] {
    if (this.#stepOpen) return [];
    this.#stepOpen = true;
    return [{ type: "start-step" }];
  }

  #endStep(): UIMessageChunk[] {
    const ends = [...this.#open.keys()].flatMap((part) => this.#endText(part));
    if (!this.#stepOpen) return ends;
    this.#stepOpen = false;
    return [...ends, { type: "finish-step" }];
  }

  #endText(part: string): UIMessageChunk[] {
    const open = this.#open.get(part);
    if (!open) return [];
    const { kind, id } = open;
    this.#open.delete(part);
    return [{ type: `${kind}-end`, id }];
  }

  #tool(toolCallId: string, toolName: string, input: unknown): UIMessageChunk {
    this.#tools.add(toolCallId);
    return { type: "tool-input-available", toolCallId, toolName, input, dynamic: true };
  }

  #toolResult(event: ToolResultEvent): UIMessageChunk[] {
    const { tool_use_id: toolCallId, tool_name: toolName, output_summary: output } = event;
    // A reader rejects a result without its call.
    const call = this.#tools.has(toolCallId) ? [] : [this.#tool(toolCallId, toolName, {})];
    return event.status === "error"
      ? [...call, { type: "tool-output-error", toolCallId, errorText: output, dynamic: true }]
      : [...call, { type: "tool-output-available", toolCallId, output, dynamic: true }];
  }

  #finish(done: DoneEvent): UIMessageChunk[] {
    this.#finished = true;
    const messageMetadata = this.#options.messageMetadata?.(done);
    return [
      ...this.#start(),
      ...this.#endStep(),
      messageMetadata === undefined ? { type: "finish" } : { type: "finish", messageMetadata },
    ];
  }
}

/** Parses the summary of a tool's input; a summary that is not JSON stays text. */
function inputOf(summary: string): unknown {
  if (summary === "") return {};
  try {
    return JSON.parse(summary) as unknown;
  } catch {
    return summary;
  }
}

function stateChunk(state: unknown, { transient }: StateEvent): UIMessageChunk {
  const flag = transient ? { transient } : undefined;
  return { type: "data-state", id: "state", data: { snapshot: state }, ...flag };
}

/** The chunk of a source or a file, and of an event that already is a chunk (`data-weather`, `source-url`). */
function ownChunk(event: WireEvent): UIMessageChunk | undefined {
  const known = event as AgentEvent;
  if (isChunk(event)) return event;
  if (known.type === "file") {
    return { type: "file", url: known.url, mediaType: known.media_type };
  }
  if (known.type !== "source") return undefined;
  const { source_id: sourceId, url, title } = known;
  return url === ""
    ? { type: "source-document", sourceId, mediaType: "text/plain", title }
    : { type: "source-url", sourceId, url, title };
}

function isChunk(event: WireEvent): event is UIMessageChunk {
  const { type } = event;
  if (type.startsWith("data-")) return "data" in event;
  if (type === "source-url" || type === "source-document") return "sourceId" in event;
  return type === "file" && "mediaType" in event;
}

/** A progress chunk replaces the one before; every other event is a part of its own. */
function dataChunk(event: WireEvent): UIMessageChunk {
  const id = event.type === "progress" ? { id: "progress" } : undefined;
  const { transient, ...data } = fieldsOf(event as WireEvent & { transient?: unknown });
  const flag = transient === true ? { transient } : undefined;
  return { type: `data-${event.type}`, ...id, data, ...flag };
}
