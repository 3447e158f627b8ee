/** What the page and the web server say to each other. */
import type { DemoEvent } from "./events.ts";

/** The processes that can be killed, and are started again. */
export type KillableService = "web" | "worker" | "streams";

/** What Bedrock can be made to do in the middle of an answer. */
export type BedrockFault = "throttle" | "stall" | "checksum" | "end-early";

/** `POST /faults`: something to break. */
export type FaultCommand =
  | { kind: "cut" }
  | { kind: "cut-every"; bytes: number }
  | { kind: "latency"; ms: number }
  | { kind: "kill"; service: KillableService }
  | { kind: "bedrock"; fault: BedrockFault };

/** One line of what happened, and one of what the code did about it. */
export interface FaultReport {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly what: string;
  /** Missing until it is known. */
  readonly answer?: string;
}

export interface ServiceState {
  readonly name: "bedrock" | KillableService;
  readonly state: "up" | "restarting";
  readonly pid: number;
  readonly starts: number;
}

export interface ModelInUse {
  readonly kind: "scripted" | "replay" | "real";
  readonly id: string;
  readonly region: string;
}

/** `GET /status`: how everything is, from the process that started all the others. */
export interface Status {
  readonly model: ModelInUse;
  readonly services: readonly ServiceState[];
  /** Bytes after which every connection of a reader is cut; 0 for never. */
  readonly cutEveryBytes: number;
  /** What every piece for a reader is held back, in milliseconds. */
  readonly latencyMs: number;
  /** How many turns run, or wait for their turn. */
  readonly turns: number;
  /** Waits for the next answer. */
  readonly armedBedrockFault: BedrockFault | null;
  readonly reports: readonly FaultReport[];
}

/** `GET /agents`: one conversation. */
export interface ConversationSummary {
  readonly id: string;
  /** Its first prompt. */
  readonly title: string;
  readonly at: number;
  /** The conversation that it was forked from. */
  readonly parent?: string;
}

/** `POST /agents`, `POST /agents/:id/fork`. */
export interface CreatedConversation {
  readonly id: string;
  readonly events: string;
  readonly transcript: string;
}

/** `GET /agents/:id/transcript?ids`: an event with the id that a reader goes on after. */
export interface StoredEvent {
  readonly id: string;
  readonly event: DemoEvent;
}

/** `GET /captures`: a response body of Bedrock, as the worker got it. */
export interface CaptureSummary {
  readonly id: string;
  readonly at: number;
  readonly bytes: number;
  readonly operation: "converse" | "invoke";
  readonly model: string;
  /** The question that it answers. */
  readonly title: string;
}
