import type { AgentEvent, DoneEvent, ToolResultEvent } from "@freshet/core";
import type { UIMessageChunk } from "./ui-message-chunk.ts";
import { fieldsOf } from "../wire/event-fields.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** Options of `toUiMessageChunks`. */
export interface UiMessageOptions {
  /** The id of the message. Default: the reader generates one. */
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
  /** The open part. */
  #part: { kind: "text" | "reasoning"; id: string } | undefined;
  #parts = 0;
  readonly #tools = new Set<string>();

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
        return this.#text("text", known.text);
      case "thinking":
        return this.#text("reasoning", known.text);
      case "turn":
        return [...this.#start(), ...this.#endStep(), ...this.#openStep()];
      case "tool_use":
        return [
          ...this.#between(),
          this.#tool(known.tool_use_id, known.tool_name, inputOf(known.input_summary)),
        ];
      case "tool_result":
        return [...this.#between(), ...this.#toolResult(known)];
      case "error":
        return [...this.#between(), { type: "error", errorText: known.message }];
      case "done":
        return this.#finish(known);
      default:
        return [...this.#between(), dataChunk(event)];
    }
  }

  /** The chunks that end the message once its events have ended: none after `done`. */
  end(): UIMessageChunk[] {
    if (this.#finished) return [];
    const errorText = "The answer is incomplete: its stream ended early.";
    return [...this.#between(), { type: "error", errorText }];
  }

  #text(kind: "text" | "reasoning", delta: string): UIMessageChunk[] {
    if (this.#part?.kind === kind) return [{ type: `${kind}-delta`, id: this.#part.id, delta }];
    const before = this.#between();
    const id = String(this.#parts++);
    this.#part = { kind, id };
    return [...before, { type: `${kind}-start`, id }, { type: `${kind}-delta`, id, delta }];
  }

  /** The chunks that must come before anything that does not continue the open part. */
  #between(): UIMessageChunk[] {
    return [...this.#start(), ...this.#endPart(), ...this.#openStep()];
  }

  #start(): UIMessageChunk[] {
    if (this.#started) return [];
    this.#started = true;
    const { messageId } = this.#options;
    return [messageId === undefined ? { type: "start" } : { type: "start", messageId }];
  }

  #openStep(): UIMessageChunk[] {
    if (this.#stepOpen) return [];
    this.#stepOpen = true;
    return [{ type: "start-step" }];
  }

  #endStep(): UIMessageChunk[] {
    const endOfPart = this.#endPart();
    if (!this.#stepOpen) return endOfPart;
    this.#stepOpen = false;
    return [...endOfPart, { type: "finish-step" }];
  }

  #endPart(): UIMessageChunk[] {
    if (!this.#part) return [];
    const { kind, id } = this.#part;
    this.#part = undefined;
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

/** A progress chunk replaces the one before; every other event is a part of its own. */
function dataChunk(event: WireEvent): UIMessageChunk {
  const id = event.type === "progress" ? { id: "progress" } : undefined;
  return { type: `data-${event.type}`, ...id, data: fieldsOf(event) };
}
