import { FreshetError, type StandardSchemaV1 } from "@freshet/core";

/**
 * - `INCOMPLETE_STREAM`: the source ended before `done`. What came before it was delivered.
 * - `INVALID_EVENT`: data that is not a JSON object, or that the schema refuses.
 * - `EVENT_TOO_LARGE`: an event is larger than `maxEventLength`.
 * - `INVALID_ID`, `INVALID_EVENT_NAME`, `INVALID_VALUE`: an event that cannot be written.
 * - `UNEXPECTED_STATUS`, `UNEXPECTED_CONTENT_TYPE`: the answer is not an event stream.
 * - `IDLE_TIMEOUT`: nothing, not even a comment, came for `idleTimeoutMs`.
 * - `RETRIES_EXHAUSTED`: reconnecting failed `maxRetries` times in a row; `cause` is the last failure.
 * - `POSITION_UNKNOWN`, `POSITION_EXPIRED`: a store cannot resume after that id.
 * - `STREAM_CLOSED`: an append to a stored stream that is closed.
 */
export type AgentStreamErrorCode =
  | "INCOMPLETE_STREAM"
  | "INVALID_EVENT"
  | "EVENT_TOO_LARGE"
  | "INVALID_ID"
  | "INVALID_EVENT_NAME"
  | "INVALID_VALUE"
  | "UNEXPECTED_STATUS"
  | "UNEXPECTED_CONTENT_TYPE"
  | "IDLE_TIMEOUT"
  | "RETRIES_EXHAUSTED"
  | "POSITION_UNKNOWN"
  | "POSITION_EXPIRED"
  | "STREAM_CLOSED";

/** The facts of an {@link AgentStreamError}. */
export interface AgentStreamErrorFacts {
  /** The last event id that was received: a new connection resumes after it. */
  lastEventId?: string | undefined;
  /** The status of the answer that was refused. */
  status?: number | undefined;
  url?: string | undefined;
  /** The start of the body of the answer that was refused. */
  body?: string | undefined;
  /** What the schema found wrong. */
  issues?: readonly StandardSchemaV1.Issue[] | undefined;
  cause?: unknown;
}

/** Every error that this package throws on purpose; branch on `code`. */
export class AgentStreamError extends FreshetError<AgentStreamErrorCode> {
  override readonly name: string = "AgentStreamError";
  declare readonly lastEventId: string | undefined;
  declare readonly status: number | undefined;
  declare readonly url: string | undefined;
  declare readonly body: string | undefined;
  declare readonly issues: readonly StandardSchemaV1.Issue[] | undefined;

  constructor(
    code: AgentStreamErrorCode,
    message: string,
    { cause, ...facts }: AgentStreamErrorFacts = {},
  ) {
    super(code, message, { cause });
    Object.assign(this, facts);
  }
}

/** The error of a stream that fell silent. */
export function idleTimeoutError(ms: number, lastEventId?: string): AgentStreamError {
  return new AgentStreamError("IDLE_TIMEOUT", `Nothing came for ${ms} ms.`, {
    lastEventId,
  });
}
