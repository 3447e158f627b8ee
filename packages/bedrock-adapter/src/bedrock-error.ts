import { FreshetError } from "@freshet/core";

/** What went wrong, stable across versions: branch on this, never on the message. */
export type BedrockErrorCode =
  | "THROTTLED"
  | "VALIDATION"
  | "MODEL_TIMEOUT"
  | "MODEL_STREAM_ERROR"
  | "SERVICE_UNAVAILABLE"
  | "INTERNAL"
  | "ACCESS_DENIED"
  | "NOT_FOUND"
  | "UNMODELED_EXCEPTION"
  | "STREAM_ERROR"
  | "INVALID_FRAME"
  | "INVALID_PAYLOAD"
  | "INCOMPLETE_STREAM"
  | "FIRST_BYTE_TIMEOUT"
  | "IDLE_TIMEOUT"
  | "CREDENTIALS"
  | "NETWORK";

/** The facts of a {@link BedrockError}. */
export interface BedrockErrorFacts {
  /** The HTTP status of the response, or the one that AWS gives to an exception inside a stream. */
  status?: number | undefined;
  /** Whether the same request, sent again, may succeed. By default what is usual for the code. */
  retryable?: boolean | undefined;
  /** `x-amzn-requestid`: what AWS support asks for. */
  requestId?: string | undefined;
  /** The exception's own name on the wire, such as `throttlingException`. */
  exceptionType?: string | undefined;
  /** Position in the response body of the frame that could not be used, in bytes. */
  offset?: number | undefined;
  /** How long the service asks to wait before the next try, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** The fields of the exception's body beside the message, such as `originalStatusCode`. */
  details?: Readonly<Record<string, unknown>> | undefined;
  /** Only from `parseBedrockEvents`: the events that came before the fault. */
  events?: readonly unknown[] | undefined;
  cause?: unknown;
}

const usuallyRetryable: ReadonlySet<BedrockErrorCode> = new Set<BedrockErrorCode>([
  "THROTTLED",
  "MODEL_TIMEOUT",
  "MODEL_STREAM_ERROR",
  "SERVICE_UNAVAILABLE",
  "INTERNAL",
  "INVALID_FRAME",
  "INCOMPLETE_STREAM",
  "FIRST_BYTE_TIMEOUT",
  "IDLE_TIMEOUT",
  "NETWORK",
]);

/**
 * Every failure of this package: a refused request, an exception inside the stream, a frame that
 * cannot be read, an answer that was cut short, a time limit.
 *
 * @example
 * ```ts
 * import { BedrockError, decodeConverseStream } from "@freshet/bedrock-adapter";
 *
 * try {
 *   for await (const event of decodeConverseStream([])) console.log(event);
 * } catch (error) {
 *   if (!(error instanceof BedrockError)) throw error;
 *   console.log(error.code, error.retryable); // INCOMPLETE_STREAM true
 * }
 * ```
 */
export class BedrockError extends FreshetError<BedrockErrorCode> {
  override readonly name: string = "BedrockError";
  /** The HTTP status of the response, or the one that AWS gives to an exception inside a stream. */
  readonly status?: number;
  /** Whether the same request, sent again, may succeed. */
  readonly retryable: boolean;
  /** `x-amzn-requestid`: what AWS support asks for. */
  readonly requestId?: string;
  /** The exception's own name on the wire, such as `throttlingException`. */
  readonly exceptionType?: string;
  /** Position in the response body of the frame that could not be used, in bytes. */
  readonly offset?: number;
  /** How long the service asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The fields of the exception's body beside the message, such as `originalStatusCode`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Only from `parseBedrockEvents`: the events that came before the fault. */
  readonly events?: readonly unknown[];

  constructor(code: BedrockErrorCode, message: string, facts: BedrockErrorFacts = {}) {
    super(code, message, { cause: facts.cause });
    this.retryable = facts.retryable ?? usuallyRetryable.has(code);
    if (facts.status !== undefined) this.status = facts.status;
    if (facts.requestId !== undefined) this.requestId = facts.requestId;
    if (facts.exceptionType !== undefined) this.exceptionType = facts.exceptionType;
    if (facts.offset !== undefined) this.offset = facts.offset;
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs;
    if (facts.details !== undefined) this.details = facts.details;
    if (facts.events !== undefined) this.events = facts.events;
  }

  /** The same failure with facts that only the caller of a deeper layer knows. */
  with(facts: Pick<BedrockErrorFacts, "requestId" | "events">): BedrockError {
    const { code, message, status, retryable, requestId, exceptionType } = this;
    const { offset, retryAfterMs, details, events, cause } = this;
    const error = new BedrockError(code, message, {
      ...{ status, retryable, requestId, exceptionType, offset, retryAfterMs, details, events },
      ...{ cause, ...facts },
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }
}
