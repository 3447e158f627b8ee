/** A request to an agent, as the web server hands it to the worker. */
export interface TurnRequest {
  readonly kind: "turn";
  readonly agentId: string;
  readonly turnId: string;
  readonly prompt: string;
  /** Of the first turn: the start of the empty stream. */
  readonly start?: Boundary;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Ends the running turn of an agent. */
export interface StopRequest {
  readonly kind: "stop";
  readonly agentId: string;
}

/** An entry for the list of conversations, written after the fork itself was made. */
export interface ForkNote {
  readonly kind: "fork";
  readonly agentId: string;
  readonly parent: string;
  /** The parent's boundaries that are also in the fork, at the same offsets. */
  readonly boundaries: readonly Boundary[];
  readonly title: string;
  readonly at: number;
}

/** The worker's note that all of a turn is stored. */
export interface TurnEndNote {
  readonly kind: "turn-end";
  readonly agentId: string;
  readonly end: Boundary;
}

/** A place between two events of a stream, with the server's offset for it. */
export interface Boundary {
  /** The number of events before it. */
  readonly index: number;
  readonly offset: string;
}

/** An item of the `turns` stream. */
export type Command = TurnRequest | StopRequest | ForkNote | TurnEndNote;
