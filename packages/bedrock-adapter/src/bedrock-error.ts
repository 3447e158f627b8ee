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
  | "INVALID_OPTION"
  | "INCOMPLETE_STREAM"
  | "FIRST_BYTE_TIMEOUT"
  | "IDLE_TIMEOUT"
  | "CREDENTIALS"
  | "NETWORK";

/** The facts of a {@link BedrockError}. */
export interface BedrockErrorFacts {
  /** The HTTP status of the response, or the one that AWS assigns to an exception inside a stream. */
  status?: number | undefined;
  /** Whether the same request may succeed when it is sent again. Default: depends on the code. */
  retryable?: boolean | undefined;
  /** `x-amzn-requestid`: AWS support asks for it. */
  requestId?: string | undefined;
  /** The exception's name on the wire, such as `throttlingException`. */
  exceptionType?: string | undefined;
  /** Position of the offending frame in the response body, in bytes. */
  offset?: number | undefined;
  /** How long the service asks to wait before the next try, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** The fields of the exception's body other than the message, such as `originalStatusCode`. */
  details?: Readonly<Record<string, unknown>> | undefined;
  /** Only from `parseBedrockEvents`: the events before the fault. */
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
 * Every failure of this package: a refused request, an exception inside the stream, an invalid frame,
 * an incomplete response, a time limit, an invalid option.
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
  /** The HTTP status of the response, or the one that AWS assigns to an exception inside a stream. */
  declare readonly status?: number;
  /** `x-amzn-requestid`: AWS support asks for it. */
  declare readonly requestId?: string;
  /** The exception's name on the wire, such as `throttlingException`. */
  declare readonly exceptionType?: string;
  /** Position of the offending frame in the response body, in bytes. */
  declare readonly offset?: number;
  /** How long the service asks to wait before the next try, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** The fields of the exception's body other than the message, such as `originalStatusCode`. */
  declare readonly details?: Readonly<Record<string, unknown>>;
  /** Only from `parseBedrockEvents`: the events before the fault. */
  declare readonly events?: readonly unknown[];
  readonly #facts: BedrockErrorFacts;

  constructor(code: BedrockErrorCode, message: string, facts: BedrockErrorFacts = {}) {
    const { cause, retryable = usuallyRetryable.has(code), ...others } = facts;
    super(code, message, { cause, retryable }, others);
    this.#facts = facts;
  }

  /** The same failure with facts that only an outer layer knows. */
  with(facts: Pick<BedrockErrorFacts, "requestId" | "events">): BedrockError {
    return new BedrockError(this.code, this.message, { ...this.#facts, ...facts });
  }
}

/** Makes the error of an invalid option. */
export function invalidOption(message: string): BedrockError {
  return new BedrockError("INVALID_OPTION", message);
}

/** Makes the error of a broken connection, with the message of its cause: `fetch failed` explains nothing. */
export function networkError(what: string, cause: unknown): BedrockError {
  const { message = String(cause), cause: origin }: Partial<Error> =
    cause instanceof Error ? cause : {};
  const reason = origin instanceof Error ? `${message}: ${origin.message}` : message;
  return new BedrockError("NETWORK", `${what}: ${reason}`, { cause });
}
