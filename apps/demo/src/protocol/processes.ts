/** The configuration that each process starts with, and the messages between it and its parent. */
import type { AgentEvent } from "@freshet/core";
import type { BedrockFault, FaultCommand, KillableService, Status } from "./api.ts";
import type { TallySummary } from "./tally.ts";

/** The processes, by the names of their files in `services/`. */
export type ServiceName = KillableService | "bedrock";

/** Messages from a process to the one that started it. */
export type ServiceMessage<Report> =
  | { kind: "ready"; url?: string }
  | { kind: "failed"; message: string }
  | { kind: "report"; report: Report };

/** The simulated Bedrock: real binary frames over HTTP, at the pace of a model. */
export interface BedrockConfig {
  /** A captured response body that is the response to the first request of a turn. */
  readonly replay?: string;
  readonly tokensPerSecond: number;
  readonly seed: number;
}

/** Breaks the response that is being sent, or else the next one. */
export interface BedrockCommand {
  readonly fault: BedrockFault;
}

/** An armed fault has happened; `isRefusal`: the request was refused, no response was broken. */
export interface BedrockReport {
  readonly kind: "broke";
  readonly fault: BedrockFault;
  readonly isRefusal: boolean;
}

/** A durable streams server that keeps its data in `dataDir`. */
export interface StreamsConfig {
  readonly server: StreamsServer;
  readonly dataDir: string;
  /** 0 takes a free port; a server that replaces another takes its port. */
  readonly port: number;
}

/**
 * - `reference`: `@durable-streams/server`, the protocol authors' own
 * - `freshet`: `@freshet/durable-streams-server`, which stores a batch and its number in one step, so
 *   that a kill at any moment neither loses nor repeats a batch
 */
export type StreamsServer = "reference" | "freshet";

export interface WorkerConfig {
  readonly streamsUrl: string;
  readonly namespace: string;
  readonly modelId: string;
  readonly region: string;
  /** The simulated Bedrock; without it the real one is called, with the environment's credentials. */
  readonly bedrockUrl?: string;
  readonly operation: "converse" | "invoke";
  /** For the page: every event names the frames that it was made from, and response bodies are kept. */
  readonly recordsWire: boolean;
  /** For the run in the terminal: everything that is written is counted and hashed. */
  readonly tallies: boolean;
  readonly batchMs: number;
  readonly maxTurns: number;
  /** The longest silence within a response, in milliseconds. */
  readonly idleTimeoutMs?: number;
}

/** How a worker began: its epoch, and how many turns its predecessors left unfinished. */
export interface WorkerStart {
  readonly epoch: number;
  readonly interrupted: number;
}

/** A turn that ended with an error event. */
export interface TurnFailure {
  readonly errorType: string;
  readonly message: string;
  readonly eventsBefore: number;
}

/**
 * - `started`: the worker has resumed the unfinished turns of its predecessor
 * - `stored`: all events of a turn are in the durable stream
 * - `failed-turn`: a response ended with an error event
 * - `load`: the number of turns that run or wait has changed
 */
export type WorkerReport =
  | ({ kind: "started" } & WorkerStart)
  | { kind: "stored"; tally: TallySummary }
  | ({ kind: "failed-turn" } & TurnFailure)
  | { kind: "load"; turns: number }
  | { kind: "failed"; message: string };

export interface WebConfig {
  readonly streamsUrl: string;
  readonly namespace: string;
  /** How many turns may run at the same time; as many again may wait. */
  readonly maxTurns: number;
}

/** A fault that a browser requested, for the parent process to inject. */
export interface WebReport {
  readonly kind: "fault";
  readonly request: number;
  readonly command: FaultCommand;
}

/** The newest status; `request` names the fault request that it completes. */
export interface WebCommand {
  readonly kind: "status";
  readonly status: Status;
  readonly request?: number;
}

/** What to read, once it exists: the agent's events, behind the proxy that cuts connections. */
export interface ReaderCommand {
  readonly url: string;
}

export type ReaderReport =
  | { kind: "event"; event: AgentEvent }
  | { kind: "reconnected"; lastEventId: string | undefined }
  | { kind: "ended"; tally: TallySummary }
  | { kind: "failed"; message: string };
