import type { AgentEvent, DoneEvent } from "@freshet/core";
import type { BedrockError } from "../bedrock-error.ts";
import type { Citation } from "../decode/converse-events.ts";

/** Token counts in one vocabulary for every family. */
export interface TokenUsage {
  /** Without what came from the cache, where the wire tells the two apart. */
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  cache_read_input_tokens?: number;
  cache_write_input_tokens?: number;
}

/** A citation, and how much of the answer's text came before it. */
export interface CitationAt {
  /** Position in the joined text of all `token` events, in UTF-16 code units. */
  text_offset: number;
  /** As the wire has it; its fields differ from family to family. */
  citation: Citation;
}

/** A call that the model did not finish, or whose input it garbled: not to be run. */
export interface IncompleteToolUse {
  tool_name: string;
  tool_use_id: string;
  /** What arrived of the input; it is no JSON. */
  input: string;
}

/** The `done` of one model call: core's fields, and beside them what else the wire said. */
export interface BedrockDoneEvent extends DoneEvent {
  /** The wire's own word, such as `end_turn` or `length`; `""` if the answer never came that far. */
  stop_reason: string;
  usage?: TokenUsage;
  citations?: CitationAt[];
  /** Calls whose input is no JSON, as when the tokens ran out inside it; never a `tool_use`. */
  incomplete_tool_uses?: IncompleteToolUse[];
  /** Everything else by its wire name: raw usage, metrics, guardrail and router traces, … */
  metadata?: Record<string, unknown>;
}

/**
 * What the readers of all dialects write into: a queue of agent events, and the facts that travel in
 * the final `done`.
 */
export class AgentAnswer {
  messageId = "";
  stopReason = "";
  /** Whether the wire said that the answer is complete. */
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

  /** A call whose input is over: an event if it is JSON or nothing, because consumers run what they get. */
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

  /** The wire said why the model stopped, which is also that it did. */
  stop(reason: string | null | undefined): void {
    this.stopReason = reason ?? "";
    this.complete = true;
  }

  /** Facts that no agent event has a field for, by their wire names. */
  addMetadata(fields: Readonly<Record<string, unknown>>): void {
    // Spread, not assigned: a field of the name `__proto__` stays a field.
    this.metadata = { ...this.metadata, ...fields };
  }

  /** A failure as an event; the `done` is still to come. */
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

function completeUsage(usage: Partial<TokenUsage>): TokenUsage | undefined {
  if (Object.keys(usage).length === 0) return undefined;
  const { input_tokens = 0, output_tokens = 0, ...rest } = usage;
  const cached = (rest.cache_read_input_tokens ?? 0) + (rest.cache_write_input_tokens ?? 0);
  return {
    input_tokens,
    output_tokens,
    total_tokens: input_tokens + output_tokens + cached,
    ...rest,
  };
}

/** Takes a count over where the wire has one; 0.0 and null occur. */
export function setCount(
  usage: Partial<TokenUsage>,
  name: keyof TokenUsage,
  value: number | null | undefined,
): void {
  if (typeof value === "number") usage[name] = value;
}
