/** Where the demo keeps what on the durable streams server. */
export interface StreamUrls {
  /** What was asked for: a JSON stream of {@link Command}. */
  readonly turns: string;
  /** One entry for every worker that ever started; its number is the worker's epoch. */
  readonly workers: string;
  /** What was captured: a JSON stream of summaries; each body is a stream of its own. */
  readonly captures: string;
  /** The events of one agent: a JSON stream of agent events. */
  agent(id: string): string;
  /** A response body of Bedrock, as it came. */
  capture(id: string): string;
}

/** One question to an agent, as the web server hands it to the worker. */
export interface TurnRequest {
  readonly kind?: "ask";
  readonly agentId: string;
  readonly turnId: string;
  readonly prompt: string;
  /** Of the first turn: where the empty stream was. */
  readonly start?: Boundary;
  /** Milliseconds since 1970. */
  readonly at?: number;
}

/** Ends the turn of an agent that is running. */
export interface StopRequest {
  readonly kind: "stop";
  readonly agentId: string;
}

/** A note for the list of conversations; the fork itself is made. */
export interface ForkNote {
  readonly kind: "fork";
  readonly agentId: string;
  readonly parent: string;
  /** The parent's as far as they are in the fork, which has the same offsets there. */
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

/** A place between two events of a stream, and the server's own name for it. */
export interface Boundary {
  /** How many events come before it. */
  readonly index: number;
  readonly offset: string;
}

export type Command = TurnRequest | StopRequest | ForkNote | TurnEndNote;

/** `streamsUrl` is the durable streams server's, `namespace` keeps runs on a shared server apart. */
export function streamUrls(streamsUrl: string, namespace: string): StreamUrls {
  const base = `${streamsUrl.replace(/\/+$/, "")}/${namespace}`;
  return {
    turns: `${base}/turns`,
    workers: `${base}/workers`,
    captures: `${base}/captures`,
    agent: (id) => `${base}/agents/${id}`,
    capture: (id) => `${base}/captures/${id}`,
  };
}

/** For what must outlive the durable streams server: it is away for a second or two, not for good. */
export const patience = { initialDelayMs: 50, maxDelayMs: 500, maxRetries: 240 } as const;
