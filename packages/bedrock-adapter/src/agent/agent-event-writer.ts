import type { AgentEvent, TokenUsage } from "@freshet/core";
import type { BedrockError } from "../bedrock-error.ts";
import type { Citation } from "../decode/converse-events.ts";
import type { BedrockDoneEvent, CitationAt, IncompleteToolUse } from "./bedrock-done-event.ts";
import { completeUsage } from "./token-usage.ts";

/**
 * Where the readers of all dialects write: a queue of agent events, and the facts that travel in the
 * final `done`.
 */
export class AgentEventWriter {
  messageId = "";
  stopReason = "";
  /** Whether the wire stated that the response is complete. */
  complete = false;
  model: string;
  latencyMs = 0;
  readonly usage: Partial<TokenUsage> = {};
  metadata: Readonly<Record<string, unknown>> = {};
  readonly #toolNames: Map<string, string>;
  readonly #citations: CitationAt[] = [];
  readonly #incompleteToolUses: IncompleteToolUse[] = [];
  #textLength = 0;
  #toolCount = 0;
  #queue: AgentEvent[] = [];
  #next = 0;

  constructor(model: string, toolNames: Iterable<readonly [string, string]>) {
    this.model = model;
    this.#toolNames = new Map(toolNames);
  }

  /** The next agent event, if there is one. */
  read(): AgentEvent | undefined {
    const event = this.#queue[this.#next];
    if (event === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
    return event;
  }

  token(text: string): void {
    if (text === "") return;
    this.#textLength += text.length;
    this.#queue.push({ type: "token", text });
  }

  thinking(text: string): void {
    if (text !== "") this.#queue.push({ type: "thinking", text });
  }

  /** A call with all of its input: an event only if that is JSON or empty, because consumers run it. */
  toolUse(id: string, name: string, input: string): void {
    if (input !== "" && !isJson(input)) {
      this.#incompleteToolUses.push({ tool_name: name, tool_use_id: id, input });
      return;
    }
    this.#toolNames.set(id, name);
    this.#toolCount++;
    this.#queue.push({
      type: "tool_use",
      tool_name: name,
      tool_use_id: id,
      input_summary: input,
      status: "running",
    });
  }

  toolResult(id: string, output: string, status: "done" | "error"): void {
    this.#queue.push({
      type: "tool_result",
      tool_name: this.#toolNames.get(id) ?? "",
      tool_use_id: id,
      output_summary: output,
      duration_ms: 0,
      status,
    });
  }

  creation(creationType: string, items: unknown[]): void {
    this.#queue.push({
      type: "creation",
      creation_type: creationType,
      count: items.length,
      tool_use_id: "",
      items,
    });
  }

  citation(citation: Citation): void {
    this.#citations.push({ text_offset: this.#textLength, citation });
  }

  /** The wire stated why the model stopped, which also means that the response is complete. */
  stop(reason: string | null | undefined): void {
    this.stopReason = reason ?? "";
    this.complete = true;
  }

  /** Adds facts that no agent event has a field for, by their wire names. */
  addMetadata(fields: Readonly<Record<string, unknown>>): void {
    // Spread, not assigned: a field named `__proto__` stays a field.
    this.metadata = { ...this.metadata, ...fields };
  }

  /** A failure as an event; its `done` is a call of its own. */
  error(error: BedrockError): void {
    this.#queue.push({
      type: "error",
      error_type: error.code,
      message: error.message,
      details: {
        ...error.details,
        retryable: error.retryable,
        ...(error.status !== undefined && { status: error.status }),
        ...(error.exceptionType !== undefined && { exception_type: error.exceptionType }),
        ...(error.requestId !== undefined && { request_id: error.requestId }),
        ...(error.offset !== undefined && { offset: error.offset }),
      },
    });
  }

  done(): void {
    const event: BedrockDoneEvent = {
      type: "done",
      message_id: this.messageId,
      num_turns: 1,
      tool_count: this.#toolCount,
      duration_ms: this.latencyMs,
      model: this.model,
      total_cost_usd: 0,
      stop_reason: this.stopReason,
    };
    const usage = completeUsage(this.usage);
    if (usage) event.usage = usage;
    if (this.#citations.length > 0) event.citations = this.#citations;
    if (this.#incompleteToolUses.length > 0) event.incomplete_tool_uses = this.#incompleteToolUses;
    if (Object.keys(this.metadata).length > 0) event.metadata = this.metadata;
    this.#queue.push(event);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
