// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
import { BedrockError, type BedrockErrorCode } from "../bedrock-error.ts";

/** What a name on the wire means. */
export interface Exception {
  code: BedrockErrorCode;
  status: number;
  retryable: boolean | undefined;
}

type Row = readonly [
  name: RegExp,
  status: number,
  code: BedrockErrorCode,
  /** Where it differs from the default of the code. */
  retryable?: boolean,
];

/** The same exception is `ThrottlingException` in an HTTP header and `throttlingException` in a stream. */
const modelled: readonly Row[] = [
  [/^internal(server|failure)/i, 500, "INTERNAL"],
  [/^modelStreamError/i, 424, "MODEL_STREAM_ERROR"],
  [/^modelError/i, 424, "MODEL_STREAM_ERROR", false],
  [/^validation/i, 400, "VALIDATION"],
  [/^throttling|^tooManyRequests/i, 429, "THROTTLED"],
  [/^serviceQuotaExceeded/i, 400, "THROTTLED", false],
  [/^serviceUnavailable/i, 503, "SERVICE_UNAVAILABLE"],
  [/^modelNotReady/i, 429, "SERVICE_UNAVAILABLE"],
  [/^modelTimeout/i, 408, "MODEL_TIMEOUT"],
  [/^(accessDenied|unrecognizedClient|expiredToken)/i, 403, "ACCESS_DENIED"],
  [/^(invalid|incomplete)Signature|^missingAuthentication/i, 403, "ACCESS_DENIED"],
  [/^resourceNotFound/i, 404, "NOT_FOUND"],
];

/** The exception with that name, if AWS documents it. */
export function exceptionOfName(exceptionType: string): Exception | undefined {
  return exceptionOf(modelled.find(([name]) => name.test(exceptionType)));
}

/** The status with which Bedrock would have said what a proxy says. */
const bedrockStatus: Readonly<Partial<Record<number, number>>> = {
  401: 403,
  413: 400,
  502: 503,
  504: 503,
};

/** The exception that has that status, for a response without a name: from a proxy. */
export function exceptionOfStatus(status: number): Exception | undefined {
  const own = bedrockStatus[status] ?? status;
  return exceptionOf(
    modelled.find((row) => row[1] === own) ?? (own >= 500 ? modelled[0] : undefined),
  );
}

function exceptionOf(row: Row | undefined): Exception | undefined {
  return row && { status: row[1], code: row[2], retryable: row[3] };
}

/** The body of an exception: JSON from AWS, any text from a proxy. */
export interface ExceptionBody {
  message: string;
  details: Record<string, unknown>;
}

export function readExceptionBody(text: string): ExceptionBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { message: excerpt(text), details: {} };
  }
  if (typeof body !== "object" || body === null) return { message: excerpt(text), details: {} };
  const { message, Message, ...details } = body as Record<string, unknown>;
  delete details["__type"];
  const given = message ?? Message;
  return { message: typeof given === "string" ? given : "", details };
}

/** The start of a text, which may be an HTML page, on one line. */
function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** The error of an exception frame inside a stream. */
export function streamException(exceptionType: string, body: string, offset: number): BedrockError {
  const known = exceptionOfName(exceptionType);
  const { message, details } = readExceptionBody(body);
  return new BedrockError(
    known?.code ?? "UNMODELED_EXCEPTION",
    `Bedrock ended the stream with ${exceptionType || "an exception without a name"}` +
      (message ? `: ${message}` : "."),
    { status: known?.status, retryable: known?.retryable, exceptionType, offset, details },
  );
}

/** The error of an error frame, for failures that no service models. Both texts may be `""`. */
export function streamError(errorCode: string, errorMessage: string, offset: number): BedrockError {
  const known = exceptionOfName(errorCode);
  const retryable = known !== undefined && new BedrockError(known.code, "", known).retryable;
  return new BedrockError(
    "STREAM_ERROR",
    `Bedrock sent an error frame (${errorCode || "no code"})` +
      (errorMessage ? `: ${errorMessage}` : "."),
    { status: known?.status, retryable, exceptionType: errorCode || undefined, offset },
  );
}
