import { FreshetError, type StandardSchemaV1 } from "@freshet/core";

/**
 * What an {@link AgentStreamError} reports.
 *
 * - `INCOMPLETE_STREAM`: the source ended before `done`. Everything before the end was delivered.
 * - `INVALID_PAYLOAD`: the data of an event is not a JSON object, or the schema refuses it.
 * - `EVENT_TOO_LARGE`: an event is larger than `maxEventLength`.
 * - `INVALID_ID`, `INVALID_EVENT_NAME`, `INVALID_VALUE`: an event cannot be written.
 * - `INVALID_OPTION`: an option has a value that is not allowed.
 * - `UNEXPECTED_STATUS`, `UNEXPECTED_CONTENT_TYPE`: the response is not an event stream.
 * - `IDLE_TIMEOUT`: nothing, not even a comment, arrived for `idleTimeoutMs`.
 * - `ID_REUSED`: an event came with the id of another one. Ids are unique in a stream, also over many turns.
 * - `NOT_RESUMABLE`: a connection was lost whose events have no ids, and the stream has begun again too often.
 * - `REQUEST_REFUSED`: no request can be sent: a forbidden port, a redirect to another origin, or CORS.
 * - `RETRIES_EXHAUSTED`: the connection failed too often in a row; `cause` is the last failure.
 * - `POSITION_UNKNOWN`, `POSITION_EXPIRED`: a store cannot resume after that id.
 * - `STREAM_CLOSED`: an append to a stored stream that is closed.
 */
export type AgentStreamErrorCode =
  | "INCOMPLETE_STREAM"
  | "INVALID_PAYLOAD"
  | "EVENT_TOO_LARGE"
  | "INVALID_ID"
  | "INVALID_EVENT_NAME"
  | "INVALID_VALUE"
  | "INVALID_OPTION"
  | "UNEXPECTED_STATUS"
  | "UNEXPECTED_CONTENT_TYPE"
  | "IDLE_TIMEOUT"
  | "ID_REUSED"
  | "NOT_RESUMABLE"
  | "REQUEST_REFUSED"
  | "RETRIES_EXHAUSTED"
  | "POSITION_UNKNOWN"
  | "POSITION_EXPIRED"
  | "STREAM_CLOSED";

/** The facts of an {@link AgentStreamError}. */
export interface AgentStreamErrorFacts {
  /** The last event id that was received: a new connection resumes after it. */
  lastEventId?: string | undefined;
  /** The status of the response that was refused. */
  status?: number | undefined;
  /** The URL of the response that was refused. */
  url?: string | undefined;
  /** The start of the body of the response that was refused. */
  body?: string | undefined;
  /** How long the server asks clients to wait (`Retry-After`), in milliseconds. */
  retryAfterMs?: number | undefined;
  /** What the schema found wrong. */
  issues?: readonly StandardSchemaV1.Issue[] | undefined;
}

/** Options of an {@link AgentStreamError}: its facts, and those of every error. */
export interface AgentStreamErrorOptions extends AgentStreamErrorFacts {
  /** What caused the error, usually another error. */
  cause?: unknown;
  /** Whether the same request may succeed when it is sent again. Default false. */
  retryable?: boolean | undefined;
}

/** Every error that this package throws on purpose; branch on `code`. */
export class AgentStreamError extends FreshetError<AgentStreamErrorCode> {
  override readonly name: string = "AgentStreamError";
  declare readonly lastEventId: string | undefined;
  declare readonly status: number | undefined;
  declare readonly url: string | undefined;
  declare readonly body: string | undefined;
  declare readonly retryAfterMs: number | undefined;
  declare readonly issues: readonly StandardSchemaV1.Issue[] | undefined;

  constructor(
    code: AgentStreamErrorCode,
    message: string,
    { cause, retryable, ...facts }: AgentStreamErrorOptions = {},
  ) {
    super(code, message, { cause, retryable }, facts);
  }
}

/** The error of an option with a value that is not allowed. */
export function invalidOption(message: string): AgentStreamError {
  return new AgentStreamError("INVALID_OPTION", message);
}
