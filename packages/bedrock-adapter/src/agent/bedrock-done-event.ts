import type { DoneEvent } from "@freshet/core";
import type { Citation } from "../decode/converse-events.ts";

/** A citation, and how much of the response's text precedes it. */
export interface CitationAt {
  /** Position in the joined text of all `token` events, in UTF-16 code units. */
  text_offset: number;
  /** The citation as the wire has it; its fields differ from family to family. */
  citation: Citation;
}

/** A tool call that the model did not finish, or whose input is not valid JSON: do not run it. */
export interface IncompleteToolUse {
  tool_name: string;
  tool_use_id: string;
  /** The part of the input that arrived. */
  input: string;
}

/** The `done` of one model call: core's fields, plus everything else that the wire reported. */
export interface BedrockDoneEvent extends DoneEvent {
  /** The wire's own word, such as `end_turn` or `length`; `""` if the response ended before it. */
  stop_reason: string;
  citations?: CitationAt[];
  /** Calls with invalid input, as when the tokens ran out inside it; never emitted as `tool_use`. */
  incomplete_tool_uses?: IncompleteToolUse[];
  /** Everything else by its wire name: raw usage, metrics, guardrail and router traces, … */
  metadata?: Record<string, unknown>;
}
