import type {
  AgentEvent,
  AgentMessageEvent,
  ApprovalEvent,
  ToolInputEvent,
  ToolResultEvent,
  ToolUseEvent,
} from "@freshet/core";
import { nextState } from "./next-state.ts";
import { PartLog } from "./part-log.ts";
import { partialJson } from "./partial-json.ts";
import {
  emptyTranscript,
  type AgentTranscript,
  type ToolCall,
  type TranscriptPart,
} from "./transcript.ts";

/** The fields of a transcript that are not made of its parts. */
type Facts = Omit<AgentTranscript, "parts" | "tools" | "creations" | "sources" | "files">;

type PartOf<Type> = Extract<TranscriptPart, { type: Type }>;

/** A transcript that grows in place, for whoever needs it only from time to time. */
export class TranscriptFold {
  #log: PartLog;
  #facts: { -readonly [Name in keyof Facts]: Facts[Name] };

  /** Continues a transcript, also one that was stored as JSON. */
  constructor(state: AgentTranscript, log: PartLog = new PartLog(state.parts)) {
    const { text, thinking, turn, progress, state: agentState, stopped, error, done } = state;
    this.#log = log;
    this.#facts = { text, thinking, turn, progress, state: agentState, stopped, error, done };
  }

  /** Adds an event. Returns false if it changes nothing. */
  push(event: AgentEvent): boolean {
    const { done } = this.#facts;
    if (done && (event.type === "turn" || event.type === "message")) this.#begin();
    this.#facts.done = undefined;
    if (this.#add(event) || addPart(this.#log, event)) return true;
    this.#facts.done = done;
    return false;
  }

  /** The transcript so far; what is pushed later does not change it. */
  transcript(): AgentTranscript {
    if (this.#log.isLong) this.#log = new PartLog(this.#log.partsAt(this.#log.version));
    return transcript(this.#facts, this.#log);
  }

  #begin(): void {
    const { error, state, stopped, text, thinking, turn, progress, done } = emptyTranscript;
    this.#log = new PartLog([]);
    this.#facts = { text, thinking, turn, progress, state, stopped, error, done };
  }

  #add(event: AgentEvent): boolean {
    const facts = this.#facts;
    switch (event.type) {
      case "token":
        facts.text += addText(this.#log, "text", event);
        return true;
      case "thinking":
        facts.thinking += addText(this.#log, "thinking", event);
        return true;
      case "message":
        return this.#startMessage(event);
      case "turn":
        facts.turn = event;
        return true;
      case "progress":
        facts.progress = event;
        return true;
      case "state":
        facts.state = nextState(facts.state, event);
        return true;
      case "stopped":
        facts.stopped = event;
        return true;
      case "error":
        this.#log.endOpenTools();
        facts.error = event;
        return true;
      case "done":
        this.#log.endOpenTools();
        facts.done = event;
        return true;
      default:
        return false;
    }
  }

  #startMessage(event: AgentMessageEvent): boolean {
    // A frame without a name has the same type, and other fields.
    if (typeof event.message_id !== "string") return false;
    const log = this.#log;
    if (event.replaces !== undefined) {
      log.removePart(event.replaces);
      this.#facts.text = textOf(log, "text");
      this.#facts.thinking = textOf(log, "thinking");
    }
    log.add(withPart({ type: "message", message: event }, event.part));
    return true;
  }
}

/** Gives the object that it is called with back, so that a subclass can add private fields to it. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its constructor is what it is for
class Returned {
  constructor(object: object) {
    return object;
  }
}

/**
 * Which version of which log a transcript shows, in a private field of it. A WeakMap of as many transcripts
 * as there are events makes the collection of garbage take longer with each.
 */
class Origin extends Returned {
  readonly #log: PartLog;
  readonly #version: number;

  constructor(transcript: AgentTranscript, log: PartLog, version: number) {
    super(transcript);
    this.#log = log;
    this.#version = version;
  }

  /** The log that a transcript ends: of one that another event has already continued, a copy. */
  static logOf(transcript: AgentTranscript): PartLog {
    if (#log in transcript) {
      const origin = transcript as Origin;
      if (origin.#version === origin.#log.version) return origin.#log;
    }
    return new PartLog(transcript.parts);
  }
}

/**
 * Adds an event to a transcript. It is a reducer for `useReducer`, `Array.reduce` or a loop. Events of
 * unknown type change nothing. A `turn` or `message` after `done` begins the next turn, and with it a new
 * transcript; any other event after `done` continues the old one, so that nothing is lost.
 *
 * A fold takes linear time, also with many parts: lists such as `parts` are made when they are read.
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
  const fold = new TranscriptFold(state, Origin.logOf(state));
  return fold.push(event) ? fold.transcript() : state;
}

/** Adds an event that has a part of its own, or belongs to one. Returns false for an unknown type. */
function addPart(log: PartLog, event: AgentEvent): boolean {
  const { part } = event;
  switch (event.type) {
    case "tool_input":
      setTool(log, event, preparedTool(log, event));
      return true;
    case "tool_use":
      setTool(log, event, startedTool(log, event));
      return true;
    case "tool_result":
      setTool(log, event, endedTool(log, event));
      return true;
    case "creation":
      log.add(withPart({ type: "creation", creation: event }, part));
      return true;
    case "source":
      log.add(withPart({ type: "source", source: event }, part));
      return true;
    case "file":
      log.add(withPart({ type: "file", file: event }, part));
      return true;
    case "approval_request":
      log.add(withPart({ type: "approval", request: event, approval: undefined }, part));
      return true;
    case "approval":
      decide(log, event);
      return true;
    default:
      return false;
  }
}

/** Adds text to the last part of the same `part` if that has the same type, otherwise as a new part. */
function addText(
  log: PartLog,
  type: "text" | "thinking",
  { text, part }: { text?: unknown; part?: string },
): string {
  if (typeof text !== "string") return "";
  const index = log.lastOf(part);
  const last = log.at(index);
  if (index === undefined || last?.type !== type) log.add(withPart({ type, text }, part));
  else log.set(index, withPart({ type, text: last.text + text }, part));
  return text;
}

function textOf(log: PartLog, type: "text" | "thinking"): string {
  const parts = log.partsAt(log.version);
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

function toolOf(log: PartLog, id: string): ToolCall | undefined {
  const part = log.at(log.indexOf("tool", id));
  return part?.type === "tool" ? part.tool : undefined;
}

/** Puts a call in its place: a second `tool_use` of an id updates the first one. */
function setTool(
  log: PartLog,
  { tool_use_id: id, part }: ToolInputEvent | ToolUseEvent | ToolResultEvent,
  tool: ToolCall,
): void {
  const index = log.indexOf("tool", id);
  const before = log.at(index);
  if (index === undefined || !before) log.add(withPart({ type: "tool", tool }, part));
  else log.set(index, withPart({ type: "tool", tool }, part ?? before.part));
}

function preparedTool(log: PartLog, event: ToolInputEvent): ToolCall {
  const { tool_use_id: id, tool_name: name, delta } = event;
  const before = toolOf(log, id);
  const inputText = (before?.inputText ?? "") + delta;
  return {
    ...{ id, name: name || (before?.name ?? ""), status: "preparing", inputSummary: "" },
    ...{ outputSummary: "", durationMs: 0, inputText },
    // Parsed when somebody looks at it, not for every piece.
    get input() {
      return partialJson(inputText);
    },
  };
}

function startedTool(log: PartLog, event: ToolUseEvent): ToolCall {
  const { tool_use_id: id, tool_name: name, input_summary: inputSummary } = event;
  const call = { id, name, inputSummary, outputSummary: "", durationMs: 0 };
  return { ...toolOf(log, id), ...call, status: "running" };
}

/** Adds a result to its call. A result whose call was never seen becomes a call of its own. */
function endedTool(log: PartLog, event: ToolResultEvent): ToolCall {
  const { tool_use_id: id, tool_name: name, status } = event;
  const call = toolOf(log, id) ?? { id, name, inputSummary: "" };
  return {
    ...call,
    ...{ status, outputSummary: event.output_summary, durationMs: event.duration_ms },
  };
}

function decide(log: PartLog, approval: ApprovalEvent): void {
  const index = log.indexOf("approval", approval.approval_id);
  const part = log.at(index);
  if (index !== undefined && part?.type === "approval") log.set(index, { ...part, approval });
}

function withPart(content: TranscriptPart, part: string | undefined): TranscriptPart {
  return part === undefined ? content : { ...content, part };
}

function transcript(facts: Facts, log: PartLog): AgentTranscript {
  const { version } = log;
  let parts: readonly TranscriptPart[] | undefined;
  // Field by field: a spread next to accessors takes several times as long.
  const state: AgentTranscript = {
    get parts() {
      return (parts ??= log.partsAt(version));
    },
    text: facts.text,
    thinking: facts.thinking,
    get tools() {
      return log.listAt(version, "tool", (part) => (part as PartOf<"tool">).tool);
    },
    get creations() {
      return log.listAt(version, "creation", (part) => (part as PartOf<"creation">).creation);
    },
    get sources() {
      return log.listAt(version, "source", (part) => (part as PartOf<"source">).source);
    },
    get files() {
      return log.listAt(version, "file", (part) => (part as PartOf<"file">).file);
    },
    turn: facts.turn,
    progress: facts.progress,
    state: facts.state,
    stopped: facts.stopped,
    error: facts.error,
    done: facts.done,
  };
  new Origin(state, log, version);
  return state;
}
