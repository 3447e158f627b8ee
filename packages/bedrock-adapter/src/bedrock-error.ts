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
 * cannot be read, a response that was cut short, a time limit.
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
  declare readonly status?: number;
  /** Whether the same request, sent again, may succeed. */
  readonly retryable: boolean;
  /** `x-amzn-requestid`: what AWS support asks for. */
  declare readonly requestId?: string;
  /** The exception's own name on the wire, such as `throttlingException`. */
  declare readonly exceptionType?: string;
  /** Position in the response body of the frame that could not be used, in bytes. */
  declare readonly offset?: number;
  /** How long the service asks to wait before the next try, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** The fields of the exception's body beside the message, such as `originalStatusCode`. */
  declare readonly details?: Readonly<Record<string, unknown>>;
  /** Only from `parseBedrockEvents`: the events that came before the fault. */
  declare readonly events?: readonly unknown[];

  constructor(code: BedrockErrorCode, message: string, facts: BedrockErrorFacts = {}) {
    const { cause, retryable = usuallyRetryable.has(code), ...others } = facts;
    super(code, message, { cause });
    this.retryable = retryable;
    // A fact that is not known is no field, so that the error prints what there is to know.
    const known = Object.entries(others).filter(([, value]) => value !== undefined);
    Object.assign(this, Object.fromEntries(known));
  }

  /** The same failure with facts that only the caller of a deeper layer knows. */
  with(facts: Pick<BedrockErrorFacts, "requestId" | "events">): BedrockError {
    const { cause, stack } = this;
    const own = Object.fromEntries(Object.entries(this)) as BedrockErrorFacts;
    const error = new BedrockError(this.code, this.message, { ...own, cause, ...facts });
    return Object.assign(error, { stack });
  }
}
