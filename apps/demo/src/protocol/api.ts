/** The JSON that the page and the web server exchange. */
import type { DemoEvent } from "./events.ts";

/** The processes that can be killed, and are then started again. */
export type KillableService = "web" | "worker" | "streams";

/** What the simulated Bedrock can be made to do in the middle of a response. */
export type BedrockFault = "throttle" | "stall" | "checksum" | "end-early";

/** `POST /faults`: the fault to inject. */
export type FaultCommand =
  | { kind: "cut" }
  | { kind: "cut-every"; bytes: number }
  | { kind: "latency"; ms: number }
  | { kind: "kill"; service: KillableService }
  | { kind: "bedrock"; fault: BedrockFault };

/** One fault, and how the code handled it; both are sentences for the page. */
export interface FaultReport {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly fault: string;
  /** Missing until it is known. */
  readonly reaction?: string;
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

/** `GET /status`: the state of the whole demo, as the process that started all others knows it. */
export interface Status {
  readonly model: ModelInUse;
  readonly services: readonly ServiceState[];
  /** The number of bytes after which every reader's connection is cut; 0 for never. */
  readonly cutEveryBytes: number;
  /** The delay of everything that is sent to a reader, in milliseconds. */
  readonly latencyMs: number;
  /** The number of turns that run or wait. */
  readonly turns: number;
  /** The fault that the next response will have. */
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

/** `POST /agents` and `POST /agents/:id/fork`. */
export interface CreatedConversation {
  readonly id: string;
  readonly events: string;
  readonly transcript: string;
}

/** `GET /agents/:id/transcript?ids`: an event, and the id that a reader resumes after. */
export interface StoredEvent {
  readonly id: string;
  readonly event: DemoEvent;
}

/** A response body of Bedrock that has ended, complete or broken. */
export interface CapturedBody {
  readonly bytes: Uint8Array;
  readonly model: string;
  readonly operation: "converse" | "invoke";
}

/** `GET /captures`: a response body of Bedrock, as the worker received it. */
export interface CaptureSummary {
  readonly id: string;
  readonly at: number;
  readonly bytes: number;
  readonly operation: "converse" | "invoke";
  readonly model: string;
  /** The prompt that it responds to. */
  readonly title: string;
}
