import {
  EventType,
  type AGUIEvent,
  type Interrupt,
  type RunFinishedEvent,
  type TextMessageRole,
  type TokenUsage as AgUiTokenUsage,
  type ToolCallResultEvent,
} from "@ag-ui/core";
import type { AgentEvent, TokenUsage } from "@freshet/core";
import { agentEvent } from "../wire/agent-event.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/**
 * Turns AG-UI events into agent events; events made by {@link toAgUi} become the original ones again. An
 * event without an equivalent (ACTIVITY_DELTA, RAW, …) comes out as `{type: "ag_ui", event}`.
 *
 * @example
 * ```ts
 * import { EventType } from "@ag-ui/core";
 * import { fromAgUi } from "@freshet/agent-sse/ag-ui";
 *
 * const events = [
 *   { type: EventType.TEXT_MESSAGE_CONTENT as const, messageId: "m", delta: "Hi" },
 *   { type: EventType.RUN_FINISHED as const, threadId: "t", runId: "r" },
 * ];
 * for await (const event of fromAgUi(events)) console.log(event.type); // token, done
 * ```
 */
export async function* fromAgUi(
  events: AsyncIterable<AGUIEvent> | Iterable<AGUIEvent>,
): AsyncGenerator<AgentEvent | WireEvent, undefined, undefined> {
  const reader = new AgUiReader();
  for await (const event of events) yield* reader.push(event);
  yield* reader.end();
}

class AgUiReader {
  /** Calls whose arguments are incomplete, and the names of all calls, which results do not repeat. */
  readonly #open = new Map<string, { name: string; args: string }>();
  readonly #names = new Map<string, string>();
  /** The call that chunks without an id belong to. */
  #chunked: string | undefined;
  #turns = 0;
  /** The message that text belongs to; `text` gathers that of a message which is not an assistant's. */
  #message: { id: string; role: TextMessageRole; text: string | undefined } | undefined;
  #isChunked = false;
  /** What CUSTOM events have already said, and an outcome repeats. */
  readonly #asked = new Set<string>();
  #stopped = false;

  push(event: AGUIEvent): (AgentEvent | WireEvent)[] {
    if (event.type === EventType.TOOL_CALL_CHUNK) {
      return this.#toolChunk(event.toolCallId, event.toolCallName, event.delta);
    }
    // Only a message that came in chunks has no end of its own.
    const isChunk = event.type === EventType.TEXT_MESSAGE_CHUNK;
    const ended = this.#isChunked && !isChunk ? this.#endMessage() : [];
    this.#isChunked = isChunk;
    return [...this.#endChunkedTool(), ...ended, ...this.#whole(event)];
  }

  /** Ends what came in chunks: it has no end event. */
  end(): AgentEvent[] {
    return [...this.#endChunkedTool(), ...this.#endMessage()];
  }

  /** Any other event ends a call that came in chunks. */
  #endChunkedTool(): AgentEvent[] {
    const id = this.#chunked;
    this.#chunked = undefined;
    return id === undefined ? [] : this.#endTool(id);
  }

  #whole(event: AGUIEvent): (AgentEvent | WireEvent)[] {
    switch (event.type) {
      case EventType.TEXT_MESSAGE_START:
        return this.#startMessage(event.messageId, event.role, ownOf(event));
      case EventType.TEXT_MESSAGE_CONTENT:
        return this.#text(event.delta);
      case EventType.TEXT_MESSAGE_CHUNK: {
        const { messageId: id, role, delta } = event;
        const isNew = id !== undefined && id !== this.#message?.id;
        return [...(isNew ? this.#startMessage(id, role, {}) : []), ...this.#text(delta)];
      }
      case EventType.TEXT_MESSAGE_END:
        return this.#endMessage();
      case EventType.STATE_SNAPSHOT:
        return [agentEvent.state({ snapshot: event.snapshot })];
      case EventType.STATE_DELTA:
        return [agentEvent.state({ patch: event.delta })];
      case EventType.REASONING_MESSAGE_CONTENT:
      case EventType.REASONING_MESSAGE_CHUNK:
        return event.delta === undefined ? [] : [agentEvent.thinking(event.delta)];
      case EventType.TOOL_CALL_START:
        this.#startTool(event.toolCallId, event.toolCallName);
        return [];
      case EventType.TOOL_CALL_ARGS:
        this.#addArgs(event.toolCallId, event.delta);
        return [];
      case EventType.TOOL_CALL_END:
        return this.#endTool(event.toolCallId);
      case EventType.TOOL_CALL_RESULT:
        return [this.#toolResult(event)];
      case EventType.STEP_STARTED:
        return [{ ...agentEvent.turn(++this.#turns), ...ownOf(event) }];
      case EventType.CUSTOM:
        return [this.#custom(event.name, event.value)];
      case EventType.RUN_ERROR:
        return this.#runError(event.message, event.code, ownOf(event));
      case EventType.RUN_FINISHED:
        return this.#finishRun(event);
      default:
        return framing.has(event.type) ? [] : [{ type: "ag_ui", event }];
    }
  }

  #startMessage(
    id: string,
    role: TextMessageRole = "assistant",
    own: Record<string, unknown>,
  ): AgentEvent[] {
    const ended = this.#endMessage();
    const { message, implicit } = own as OwnOfMessage;
    if (message) {
      // The text of a message that is there as a whole is among its own fields.
      const isWhole = role !== "assistant" || "text" in message;
      this.#message = { id: "", role, text: isWhole ? "" : undefined };
      return [...ended, { ...agentEvent.message(id), ...message }];
    }
    this.#message = { id, role, text: role === "assistant" ? undefined : "" };
    if (implicit || role !== "assistant") return ended;
    return [...ended, agentEvent.message(id)];
  }

  #text(delta: string | undefined): AgentEvent[] {
    if (delta === undefined) return [];
    if (this.#message?.text === undefined) return [agentEvent.token(delta)];
    this.#message.text += delta;
    return [];
  }

  /** A message that is not an assistant's comes out as a whole. */
  #endMessage(): AgentEvent[] {
    const message = this.#message;
    this.#message = undefined;
    if (message?.text === undefined || message.id === "") return [];
    const role = message.role === "user" ? "user" : "system";
    return [agentEvent.message(message.id, { role, text: message.text })];
  }

  #custom(name: string, value: unknown): WireEvent {
    const event = customEvent(name, value);
    if (name === "stopped") this.#stopped = true;
    const { approval_id: id } = event as { approval_id?: unknown };
    if (name === "approval_request" && typeof id === "string") this.#asked.add(id);
    return event;
  }

  #finishRun(event: RunFinishedEvent): AgentEvent[] {
    const own = ownOf(event)["done"] as object | undefined;
    const { outcome } = event;
    const result: unknown = event.result;
    const before: AgentEvent[] = [];
    if (outcome?.type === "interrupt") {
      before.push(...outcome.interrupts.filter(({ id }) => !this.#asked.has(id)).map(requestOf));
    }
    if (outcome?.type === "cancelled" && !this.#stopped) {
      before.push(agentEvent.stopped("", "cancelled"));
    }
    this.#turns = 0;
    this.#asked.clear();
    this.#stopped = false;
    const usage = own ? undefined : usageOf(event.usage);
    const done = { ...agentEvent.done({ usage }), ...own };
    return [...before, own || result === undefined ? done : { ...done, ...{ result } }];
  }

  #startTool(id: string, name: string): void {
    this.#open.set(id, { name, args: "" });
    this.#names.set(id, name);
  }

  #addArgs(id: string, delta: string): void {
    const call = this.#open.get(id);
    if (call) call.args += delta;
  }

  #endTool(id: string): AgentEvent[] {
    const call = this.#open.get(id);
    this.#open.delete(id);
    return call ? [agentEvent.toolUse(call.name, id, call.args)] : [];
  }

  #toolChunk(id = this.#chunked, name?: string, delta = ""): AgentEvent[] {
    const ended = id === this.#chunked ? [] : this.#endChunkedTool();
    if (id === undefined) return ended;
    if (this.#chunked === undefined) this.#startTool(id, name ?? "");
    this.#chunked = id;
    this.#addArgs(id, delta);
    return ended;
  }

  #toolResult(event: ToolCallResultEvent): AgentEvent {
    const name = this.#names.get(event.toolCallId) ?? "";
    const { content } = event;
    const outputSummary =
      typeof content === "string"
        ? content
        : content.map((part) => (part.type === "text" ? part.text : "")).join("");
    return { ...agentEvent.toolResult(name, event.toolCallId, { outputSummary }), ...ownOf(event) };
  }

  #runError(message: string, code = "run_error", own: Record<string, unknown>): AgentEvent[] {
    this.#turns = 0;
    const details = own["details"] as Record<string, unknown> | undefined;
    return [
      agentEvent.error(code, message, details),
      { ...agentEvent.done(), ...(own["done"] as object | undefined) },
    ];
  }
}

interface OwnOfMessage {
  message?: object;
  implicit?: boolean;
}

function requestOf(interrupt: Interrupt): AgentEvent {
  const { id, reason, message = reason, toolCallId, responseSchema: schema } = interrupt;
  return agentEvent.approvalRequest(id, message, { toolUseId: toolCallId, schema });
}

/** The sum of what the models of a run have used. */
function usageOf(usages: readonly AgUiTokenUsage[] = []): TokenUsage | undefined {
  if (usages.length === 0) return undefined;
  const sum = (count: keyof AgUiTokenUsage) =>
    usages.reduce((total, usage) => total + Number(usage[count] ?? 0), 0);
  const known = (name: keyof TokenUsage, count: keyof AgUiTokenUsage) =>
    usages.some((usage) => usage[count] !== undefined) ? { [name]: sum(count) } : undefined;
  const [input_tokens, output_tokens] = [sum("inputTokens"), sum("outputTokens")];
  return {
    ...{ input_tokens, output_tokens },
    total_tokens: sum("totalTokens") || input_tokens + output_tokens,
    ...known("cache_read_input_tokens", "cachedInputTokens"),
    ...known("cache_write_input_tokens", "cacheWriteInputTokens"),
    ...known("reasoning_tokens", "reasoningTokens"),
  };
}

function customEvent(name: string, value: unknown): WireEvent {
  const fields = typeof value === "object" && value !== null && !Array.isArray(value);
  return fields ? { ...value, type: name } : { type: name, value };
}

function ownOf({ metadata }: { metadata?: Record<string, unknown> }): Record<string, unknown> {
  return (metadata?.["freshet"] ?? {}) as Record<string, unknown>;
}

/** Starts and ends, which agent events do not have. */
const framing: ReadonlySet<EventType> = new Set([
  EventType.RUN_STARTED,
  EventType.STEP_FINISHED,
  EventType.REASONING_START,
  EventType.REASONING_MESSAGE_START,
  EventType.REASONING_MESSAGE_END,
  EventType.REASONING_END,
]);
