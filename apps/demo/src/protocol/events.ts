import type { AgentEvent, DoneEvent } from "@freshet/core";

/** One frame of a Bedrock response, as it passed the worker. */
export interface FrameRecord {
  /** The number of the model call within the turn, from 1. */
  readonly call: number;
  /** The number of the frame within the response, from 0. */
  readonly index: number;
  /** Where it starts in the response body, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Its event type, or what is wrong with it. */
  readonly type: string;
  /** The checksum at its end, in hex. */
  readonly crc: string;
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  readonly failed?: true;
}

/**
 * The origin of an event. It travels in the event as an extra field, which every other reader passes
 * through, so it is stored, resumed and forked together with the event that it explains.
 */
export interface WireRecord {
  /** The epoch of the worker that wrote the event. */
  readonly epoch: number;
  /** The number of the event within this attempt at the turn, from 0. */
  readonly n: number;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** The frames that it was made from; empty for an event of the agent itself. */
  readonly frames: readonly FrameRecord[];
}

/** The event that opens a turn. Consumers that do not know it pass it through as an unknown type. */
export interface PromptEvent {
  type: "prompt";
  turn_id: string;
  text: string;
}

/** The `done` event of a turn: names the turn, and whether a restart or the stop button ended it. */
export interface TurnDoneEvent extends DoneEvent {
  turn_id: string;
  interrupted?: boolean;
  stopped?: boolean;
}

/** Any event of an agent's stream. */
export type DemoEvent = (AgentEvent | PromptEvent | TurnDoneEvent) & {
  wire?: WireRecord;
};
