// https://github.com/durable-streams/durable-streams/blob/main/packages/client-conformance-tests/src/protocol.ts

/** One command of the runner: a JSON object on one line. */
export interface Command {
  readonly type: string;
  readonly serverUrl?: string;
  readonly path?: string;
  readonly contentType?: string;
  readonly ttlSeconds?: number;
  readonly expiresAt?: string;
  readonly closed?: boolean;
  readonly headers?: Record<string, string>;
  readonly data?: string;
  readonly binary?: boolean;
  readonly seq?: number;
  readonly items?: readonly (string | { data: string; binary?: boolean })[];
  readonly producerId?: string;
  readonly epoch?: number;
  readonly autoClaim?: boolean;
  readonly maxInFlight?: number;
  readonly offset?: string;
  readonly live?: false | true | "auto" | "long-poll" | "sse";
  readonly timeoutMs?: number;
  readonly maxChunks?: number;
  readonly waitForUpToDate?: boolean;
  readonly name?: string;
  readonly valueType?: "counter" | "timestamp" | "token";
  readonly initialValue?: string;
  readonly iterationId?: string;
  readonly operation?: BenchmarkOperation;
  readonly target?: ValidateTarget;
}

export interface ValidateTarget {
  readonly target: string;
  readonly maxRetries?: number;
  readonly initialDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly multiplier?: number;
  readonly producerId?: string;
  readonly epoch?: number;
  readonly maxBatchBytes?: number;
  readonly maxBatchItems?: number;
}

export interface BenchmarkOperation {
  readonly op: string;
  readonly path: string;
  readonly size?: number;
  readonly offset?: string;
  readonly live?: "long-poll" | "sse";
  readonly contentType?: string;
  readonly count?: number;
}

/** The result of one command. */
export type Result = Record<string, unknown> & { type: string; success: boolean };

export interface Chunk {
  data: string;
  binary?: boolean;
  offset: string;
}
