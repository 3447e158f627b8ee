import { EventType, type AGUIEvent, type RunFinishedOutcome } from "@ag-ui/core";
import {
  checkOptions,
  type AgentEvent,
  type AgentMessageEvent,
  type ApprovalRequestEvent,
  type DoneEvent,
  type ErrorEvent,
  type OptionRules,
  type TurnEvent,
} from "@freshet/core";
import { agentEvent } from "../wire/agent-event.ts";
import {
  content,
  custom,
  implicit,
  interruptOf,
  own,
  runError,
  stateEvent,
  toolCall,
  usageOf,
} from "./ag-ui-events.ts";
import { invalidOption } from "../wire/error.ts";
import { text } from "../wire/option-rules.ts";
import { fieldsOf } from "../wire/event-fields.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** Options of {@link toAgUi}. */
export interface ToAgUiOptions {
  /** The id of the conversation. */
  threadId: string;
  /** The id of the first run. A run after a `done` in the same stream gets a number appended. */
  runId: string;
}

export const toAgUiRules: OptionRules<ToAgUiOptions> = { threadId: text, runId: text };

/**
 * Turns agent events into AG-UI events. What the source throws is thrown on: `agUiResponse`
 * masks it. Values that AG-UI has no field for go into `metadata.freshet`, where {@link fromAgUi} reads
 * them again. A run whose events end without `done` ends with RUN_ERROR.
 *
 * @example
 * ```ts
 * import { agentEvent } from "@freshet/agent-sse";
 * import { toAgUi } from "@freshet/agent-sse/ag-ui";
 *
 * const events = [agentEvent.token("Hi"), agentEvent.done()];
 * for await (const event of toAgUi(events, { threadId: "t", runId: "r" })) console.log(event.type);
 * // RUN_STARTED, TEXT_MESSAGE_START, TEXT_MESSAGE_CONTENT, TEXT_MESSAGE_END, RUN_FINISHED
 * ```
 */
export function toAgUi(
  events: AsyncIterable<AgentEvent | WireEvent> | Iterable<AgentEvent | WireEvent>,
  options: ToAgUiOptions,
): AsyncGenerator<AGUIEvent, undefined, undefined> {
  checkOptions(options, toAgUiRules, invalidOption);
  return generateAgUi(events, options);
}

async function* generateAgUi(
  events: AsyncIterable<AgentEvent | WireEvent> | Iterable<AgentEvent | WireEvent>,
  options: ToAgUiOptions,
): AsyncGenerator<AGUIEvent, undefined, undefined> {
  const runs = new AgUiRuns(options);
  for await (const event of events) yield* runs.push(event);
  yield* runs.end();
}

/** Turns agent events into AG-UI events, one by one: each turn is a run. */
export class AgUiRuns {
  readonly #options: ToAgUiOptions;
  #run: AgUiRun | undefined;
  #count = 0;

  constructor({ threadId, runId }: ToAgUiOptions) {
    this.#options = { threadId, runId };
  }

  /** How many runs have ended with their `done`. */
  get finished(): number {
    return this.#run ? this.#count - 1 : this.#count;
  }

  push(event: AgentEvent | WireEvent): AGUIEvent[] {
    const before = this.#run ? [] : this.#start();
    const after = this.#run?.push(event) ?? [];
    if (event.type === "done") this.#run = undefined;
    return [...before, ...after];
  }

  /** The events that end a run whose agent ended without `done`. */
  end(): AGUIEvent[] {
    const run = this.#run;
    this.#run = undefined;
    return run?.fail() ?? [];
  }

  /** The events that report a failure of the agent, and end its run. */
  fail(errorType: string, message: string, details?: Record<string, unknown>): AGUIEvent[] {
    const events = this.push(agentEvent.error(errorType, message, details));
    return [...events, ...this.end()];
  }

  #start(): AGUIEvent[] {
    const { threadId, runId } = this.#options;
    this.#run = new AgUiRun(threadId, this.#count === 0 ? runId : `${runId}-${this.#count}`);
    this.#count++;
    return [this.#run.start()];
  }
}

/** One AG-UI run: its messages have a start and an end, and an error is its last event. */
class AgUiRun {
  readonly #ids: { threadId: string; runId: string };
  #message: { kind: "text" | "reasoning"; messageId: string } | undefined;
  #step: string | undefined;
  #count = 0;
  #error: ErrorEvent | undefined;
  #stopped = false;
  /** The questions that nobody has answered yet. */
  readonly #pending = new Map<string, ApprovalRequestEvent>();

  constructor(threadId: string, runId: string) {
    this.#ids = { threadId, runId };
  }

  start(): AGUIEvent {
    return { type: EventType.RUN_STARTED, ...this.#ids };
  }

  push(event: AgentEvent | WireEvent): AGUIEvent[] {
    const known = event as AgentEvent;
    switch (known.type) {
      case "token":
        return this.#text("text", known.text);
      case "thinking":
        return this.#text("reasoning", known.text);
      case "turn":
        return [...this.#endStep(), this.#startStep(known)];
      case "tool_use":
        return [...this.#endMessage(), ...toolCall(known)];
      case "tool_result": {
        const { tool_use_id: toolCallId, output_summary: content, ...rest } = fieldsOf(known);
        const messageId = this.#newId();
        return [
          ...this.#endMessage(),
          {
            type: EventType.TOOL_CALL_RESULT,
            messageId,
            toolCallId,
            content,
            role: "tool",
            ...own(rest),
          },
        ];
      }
      case "message":
        return [...this.#endMessage(), ...this.#startMessage(known)];
      case "state":
        return [...this.#endMessage(), stateEvent(known)];
      case "approval_request":
        this.#pending.set(known.approval_id, known);
        return [...this.#endMessage(), custom(event)];
      case "approval":
        this.#pending.delete(known.approval_id);
        return [...this.#endMessage(), custom(event)];
      case "stopped":
        this.#stopped = true;
        return [...this.#endMessage(), custom(event)];
      case "error":
        this.#error = known;
        return this.#endMessage();
      case "done":
        return [...this.#endStep(), this.#finish(known)];
      default:
        return [...this.#endMessage(), custom(event)];
    }
  }

  fail(): AGUIEvent[] {
    const message = "The agent's events ended before `done`.";
    const error = this.#error
      ? runError(this.#error)
      : { type: EventType.RUN_ERROR as const, message, code: "INCOMPLETE_STREAM" };
    return [...this.#endStep(), error];
  }

  #text(kind: "text" | "reasoning", delta: string): AGUIEvent[] {
    if (this.#message?.kind === kind) return [content(kind, this.#message.messageId, delta)];
    const ended = this.#endMessage();
    const messageId = this.#newId();
    this.#message = { kind, messageId };
    const started: AGUIEvent[] =
      kind === "text"
        ? [{ type: EventType.TEXT_MESSAGE_START, messageId, role: "assistant", ...implicit }]
        : [
            { type: EventType.REASONING_START, messageId },
            { type: EventType.REASONING_MESSAGE_START, messageId, role: "reasoning" },
          ];
    return [...ended, ...started, content(kind, messageId, delta)];
  }

  /** A message of an assistant stays open for the text that follows. */
  #startMessage(event: AgentMessageEvent): AGUIEvent[] {
    const { message_id: messageId, role, text } = event;
    if (messageId === "" || role === "tool") return [custom(event)];
    this.#message = { kind: "text", messageId };
    const metadata = own({ message: fieldsOf(event) });
    const start: AGUIEvent = { type: EventType.TEXT_MESSAGE_START, messageId, role, ...metadata };
    const contents = text ? [content("text", messageId, text)] : [];
    const end = role !== "assistant" || text !== undefined ? this.#endMessage() : [];
    return [start, ...contents, ...end];
  }

  #endMessage(): AGUIEvent[] {
    if (!this.#message) return [];
    const { kind, messageId } = this.#message;
    this.#message = undefined;
    if (kind === "text") return [{ type: EventType.TEXT_MESSAGE_END, messageId }];
    return [
      { type: EventType.REASONING_MESSAGE_END, messageId },
      { type: EventType.REASONING_END, messageId },
    ];
  }

  #startStep(event: TurnEvent): AGUIEvent {
    this.#step = `turn ${event.turn_number}`;
    return { type: EventType.STEP_STARTED, stepName: this.#step, ...own(fieldsOf(event)) };
  }

  #endStep(): AGUIEvent[] {
    const ended = this.#endMessage();
    if (this.#step === undefined) return ended;
    const stepName = this.#step;
    this.#step = undefined;
    return [...ended, { type: EventType.STEP_FINISHED, stepName }];
  }

  #finish(event: DoneEvent): AGUIEvent {
    const done = fieldsOf(event);
    if (this.#error) return runError(this.#error, done);
    const { result = done } = done as { result?: unknown };
    const outcome = this.#outcome();
    return {
      ...{ type: EventType.RUN_FINISHED, ...this.#ids, result },
      ...(outcome && { outcome }),
      ...(event.usage && { usage: [usageOf(event.usage)] }),
      ...own({ done }),
    };
  }

  #outcome(): RunFinishedOutcome | undefined {
    if (this.#stopped) return { type: "cancelled" };
    if (this.#pending.size === 0) return undefined;
    return { type: "interrupt", interrupts: [...this.#pending.values()].map(interruptOf) };
  }

  #newId(): string {
    return `${this.#ids.runId}-${this.#count++}`;
  }
}
