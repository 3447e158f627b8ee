import { EventType, type AGUIEvent, type ToolCallResultEvent } from "@ag-ui/core";
import type { AgentEvent } from "@freshet/core";
import { agentEvent } from "../wire/agent-event.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/**
 * Turns AG-UI events into agent events; events made by {@link toAgUi} become the original ones again. An
 * event without an equivalent (STATE_SNAPSHOT, ACTIVITY_DELTA, …) comes out as `{type: "ag_ui", event}`.
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

  push(event: AGUIEvent): (AgentEvent | WireEvent)[] {
    if (event.type === EventType.TOOL_CALL_CHUNK) {
      return this.#toolChunk(event.toolCallId, event.toolCallName, event.delta);
    }
    return [...this.end(), ...this.#whole(event)];
  }

  /** Ends a call that came in chunks: it has no end event, so any other event ends it. */
  end(): AgentEvent[] {
    const id = this.#chunked;
    this.#chunked = undefined;
    return id === undefined ? [] : this.#endTool(id);
  }

  #whole(event: AGUIEvent): (AgentEvent | WireEvent)[] {
    switch (event.type) {
      case EventType.TEXT_MESSAGE_CONTENT:
      case EventType.TEXT_MESSAGE_CHUNK:
        return event.delta === undefined ? [] : [agentEvent.token(event.delta)];
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
        return [customEvent(event.name, event.value)];
      case EventType.RUN_ERROR:
        return this.#runError(event.message, event.code, ownOf(event));
      case EventType.RUN_FINISHED:
        this.#turns = 0;
        return [{ ...agentEvent.done(), ...(ownOf(event)["done"] as object | undefined) }];
      default:
        return framing.has(event.type) ? [] : [{ type: "ag_ui", event }];
    }
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
    const ended = id === this.#chunked ? [] : this.end();
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
  EventType.TEXT_MESSAGE_START,
  EventType.TEXT_MESSAGE_END,
  EventType.STEP_FINISHED,
  EventType.REASONING_START,
  EventType.REASONING_MESSAGE_START,
  EventType.REASONING_MESSAGE_END,
  EventType.REASONING_END,
]);
