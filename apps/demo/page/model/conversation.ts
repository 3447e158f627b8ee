import type { ErrorEvent, ToolResultEvent, ToolUseEvent } from "@freshet/core";
import type { DemoEvent, TurnDoneEvent } from "../../src/protocol/events.ts";

/** An event of the conversation, and when and under which id it arrived. */
export interface SeenEvent {
  /** Its number in the conversation, from 0. */
  readonly index: number;
  /** The SSE id, which is the position in the durable stream that reading resumes after. */
  readonly id: string;
  readonly event: DemoEvent;
  /** When the page received it, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** Text that grows, and which event added which part of it. */
export interface TextSegment {
  readonly kind: "text" | "thinking";
  text: string;
  /** In order; `start` is where in `text` the event's own text begins. */
  readonly pieces: { readonly start: number; readonly seen: SeenEvent }[];
}

export interface ToolSegment {
  readonly kind: "tool";
  readonly call: ToolUseEvent;
  readonly seen: SeenEvent;
  result?: ToolResultEvent;
}

export type Segment = TextSegment | ToolSegment;

/** One attempt at a response; if the worker dies in the middle, there is a second one. */
export interface Attempt {
  readonly segments: Segment[];
  error?: ErrorEvent;
  done?: TurnDoneEvent;
  /** The id of the last event so far: a fork may begin after it. */
  lastId: string;
}

export interface Turn {
  readonly turnId: string;
  readonly prompt: string;
  /** The id of the last event before the prompt; undefined for the first. */
  readonly beforeId: string | undefined;
  readonly attempts: Attempt[];
  readonly events: SeenEvent[];
}

/**
 * The conversation, built from its events. It is changed in place, because it grows with every token;
 * `version` changes with each event.
 */
export class Conversation {
  readonly turns: Turn[] = [];
  readonly events: SeenEvent[] = [];
  /** How many numbers of the writer's are missing between the events. */
  lost: number = 0;
  /** How many events arrived or were stored twice. */
  repeated: number = 0;
  version: number = 0;
  readonly #ids = new Set<string>();
  readonly #next = new Map<string, number>();

  /** Whether a turn has begun and not ended. */
  get isRunning(): boolean {
    const attempt = this.turns.at(-1)?.attempts.at(-1);
    return attempt !== undefined && (!attempt.done || attempt.done.interrupted === true);
  }

  get lastId(): string | undefined {
    return this.events.at(-1)?.id;
  }

  add(event: DemoEvent, id: string, receivedAt: number): void {
    this.version++;
    if (this.#ids.has(id)) this.repeated++;
    this.#ids.add(id);
    const seen: SeenEvent = { index: this.events.length, id, event, receivedAt };
    const beforeId = this.lastId;
    this.events.push(seen);
    if (event.type === "prompt") this.#begin(event.turn_id, event.text, beforeId, id);
    const turn = this.#turn(id);
    this.#count(seen, turn);
    turn.events.push(seen);
    const attempt = turn.attempts.at(-1);
    if (attempt) take(attempt, seen);
  }

  #begin(turnId: string, prompt: string, beforeId: string | undefined, id: string): void {
    const last = this.turns.at(-1);
    // The same turn once more: its first attempt was interrupted.
    if (last?.turnId === turnId) last.attempts.push({ segments: [], lastId: id });
    else this.#open({ turnId, prompt, beforeId }, id);
  }

  /** A stream that does not begin with a prompt (a captured response) is one turn without a prompt. */
  #turn(id: string): Turn {
    return this.turns.at(-1) ?? this.#open({ turnId: "", prompt: "", beforeId: undefined }, id);
  }

  #open(start: Pick<Turn, "turnId" | "prompt" | "beforeId">, id: string): Turn {
    const turn: Turn = { ...start, attempts: [{ segments: [], lastId: id }], events: [] };
    this.turns.push(turn);
    return turn;
  }

  /** Counts gaps and repetitions by the numbers that the writer gave its events. */
  #count({ event }: SeenEvent, turn: Turn): void {
    if (!event.wire) return;
    const { epoch, n } = event.wire;
    const writer = `${turn.turnId} ${epoch}`;
    const expected = this.#next.get(writer) ?? 0;
    if (n > expected) this.lost += n - expected;
    if (n < expected) this.repeated++;
    this.#next.set(writer, Math.max(expected, n + 1));
  }
}

function take(attempt: Attempt, seen: SeenEvent): void {
  const { event } = seen;
  attempt.lastId = seen.id;
  switch (event.type) {
    case "token": {
      addText(attempt.segments, "text", event.text, seen);
      return;
    }
    case "thinking": {
      addText(attempt.segments, "thinking", event.text, seen);
      return;
    }
    case "tool_use":
      attempt.segments.push({ kind: "tool", call: event, seen });
      return;
    case "tool_result": {
      const call = attempt.segments.findLast(
        (segment) => segment.kind === "tool" && segment.call.tool_use_id === event.tool_use_id,
      );
      if (call?.kind === "tool") call.result = event;
      return;
    }
    case "error":
      attempt.error = event;
      return;
    case "done":
      attempt.done = event as TurnDoneEvent;
      return;
    default:
  }
}

function addText(
  segments: Segment[],
  kind: TextSegment["kind"],
  text: string,
  seen: SeenEvent,
): void {
  const last = segments.at(-1);
  if (last?.kind === kind) {
    last.pieces.push({ start: last.text.length, seen });
    last.text += text;
  } else segments.push({ kind, text, pieces: [{ start: 0, seen }] });
}

/** Returns the event that added the character at `index` of a segment's text. */
export function seenAt(segment: TextSegment, index: number): SeenEvent | undefined {
  return segment.pieces.findLast(({ start }) => start <= index)?.seen;
}

/** Returns the start and end of the text that the event added to the segment. */
export function rangeOf(segment: TextSegment, seen: SeenEvent): [number, number] | undefined {
  const at = segment.pieces.findIndex((piece) => piece.seen.index === seen.index);
  const piece = segment.pieces[at];
  return piece && [piece.start, segment.pieces[at + 1]?.start ?? segment.text.length];
}
