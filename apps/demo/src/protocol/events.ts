import type { AgentEvent, DoneEvent } from "@freshet/core";

/** One frame of Bedrock's answer, as it passed the worker. */
export interface FrameRecord {
  /** Which model call of the turn, from 1. */
  readonly call: number;
  /** Which frame of the answer, from 0. */
  readonly index: number;
  /** Where it starts in the response body, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Its event type, or what is wrong with it. */
  readonly type: string;
  /** The checksum at its end, in hex. */
  readonly crc: string;
  /** When it was there, in milliseconds since 1970. */
  readonly at: number;
  readonly failed?: true;
}

/**
 * Where an event comes from. It travels in the event as an extra field, which every other reader passes
 * over, so that it is stored, resumed and forked together with what it explains.
 */
export interface WireRecord {
  /** The epoch of the worker that wrote it. */
  readonly epoch: number;
  /** Which event of this attempt at the turn, from 0. */
  readonly n: number;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** The frames that it was made of; empty for what the agent itself says. */
  readonly frames: readonly FrameRecord[];
}

/** The event that opens a turn: what was asked. Plain consumers pass it through as an unknown type. */
export interface PromptEvent {
  type: "prompt";
  turn_id: string;
  text: string;
}

/** A turn's `done` says which turn it ends, and whether a restart or the stop button ended it. */
export interface TurnDoneEvent extends DoneEvent {
  turn_id: string;
  interrupted?: boolean;
  stopped?: boolean;
  usage?: { input_tokens: number; output_tokens: number };
}

/** What an event of an agent's stream may be. */
export type DemoEvent = (AgentEvent | PromptEvent | TurnDoneEvent) & {
  wire?: WireRecord;
};
