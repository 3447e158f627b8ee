// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
import { BedrockError, type BedrockErrorCode } from "../bedrock-error.ts";

/** What a name on the wire means. */
export interface Exception {
  code: BedrockErrorCode;
  status: number;
  retryable: boolean | undefined;
}

/**
 * The exceptions by their names in lower case and without the last word: the same one is
 * `ThrottlingException` in an HTTP header and `throttlingException` inside a stream. The last column is
 * `retryable` where it differs from the default of the code.
 */
const modelled: readonly (readonly [BedrockErrorCode, number, readonly string[], boolean?])[] = [
  ["INTERNAL", 500, ["internalserver", "internalfailure"]],
  ["MODEL_STREAM_ERROR", 424, ["modelstreamerror"]],
  ["MODEL_STREAM_ERROR", 424, ["modelerror"], false],
  ["VALIDATION", 400, ["validation"]],
  ["THROTTLED", 429, ["throttling", "toomanyrequests"]],
  ["THROTTLED", 400, ["servicequotaexceeded"], false],
  ["SERVICE_UNAVAILABLE", 503, ["serviceunavailable"]],
  ["SERVICE_UNAVAILABLE", 429, ["modelnotready"]],
  ["MODEL_TIMEOUT", 408, ["modeltimeout"]],
  ["ACCESS_DENIED", 403, ["accessdenied", "unrecognizedclient", "expiredtoken"]],
  ["ACCESS_DENIED", 403, ["invalidsignature", "incompletesignature", "missingauthenticationtoken"]],
  ["NOT_FOUND", 404, ["resourcenotfound"]],
];

/** The exception with that name, if AWS documents it. */
export function lookUp(exceptionType: string): Exception | undefined {
  const name = exceptionType.toLowerCase().replace(/exception$/, "");
  const row = modelled.find(([, , names]) => names.includes(name));
  return row && { code: row[0], status: row[1], retryable: row[3] };
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
  const known = lookUp(exceptionType);
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
  const known = lookUp(errorCode);
  const retryable = known !== undefined && new BedrockError(known.code, "", known).retryable;
  return new BedrockError(
    "STREAM_ERROR",
    `Bedrock sent an error frame (${errorCode || "no code"})` +
      (errorMessage ? `: ${errorMessage}` : "."),
    { status: known?.status, retryable, exceptionType: errorCode || undefined, offset },
  );
}
