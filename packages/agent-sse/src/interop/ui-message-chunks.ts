import type { AgentEvent, DoneEvent, ToolResultEvent } from "@freshet/core";
import type { UIMessageChunk } from "ai";
import { fieldsOf } from "../wire/event-fields.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** Options of `toUiMessageChunks`. */
export interface UiMessageOptions {
  /** The id of the message that the answer becomes; the reader makes one up when there is none. */
  messageId?: string | undefined;
  /** What of the `done` event becomes the metadata of the message. Default: nothing. */
  messageMetadata?: ((done: DoneEvent) => unknown) | undefined;
}

/**
 * Turns agent events into the chunks of an AI SDK UI message stream, one by one. Text and reasoning there
 * have a start and an end, each turn is a step, and a stream that stops early must say so.
 */
export class UiMessageChunker {
  readonly #options: UiMessageOptions;
  #started = false;
  #stepOpen = false;
  #finished = false;
  /** The part that is open. */
  #part: { kind: "text" | "reasoning"; id: string } | undefined;
  #parts = 0;
  readonly #tools = new Set<string>();

  constructor(options: UiMessageOptions) {
    this.#options = options;
  }

  /** The chunks of one event. What comes after `done` belongs to another message and is left out. */
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

  /** The chunks that end a message whose events have ended: none after `done`. */
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

  /** What must be said before anything that is not more of the same text. */
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
    // A result without its call is an error to the reader.
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

/** Tools take objects; a summary that is none stays the text that it is. */
function inputOf(summary: string): unknown {
  if (summary === "") return {};
  try {
    return JSON.parse(summary) as unknown;
  } catch {
    return summary;
  }
}

/** Progress replaces what it said before; everything else is a part of its own. */
function dataChunk(event: WireEvent): UIMessageChunk {
  const id = event.type === "progress" ? { id: "progress" } : undefined;
  return { type: `data-${event.type}`, ...id, data: fieldsOf(event) };
}
