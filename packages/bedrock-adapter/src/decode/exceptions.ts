// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
import { BedrockError, type BedrockErrorCode, type BedrockErrorFacts } from "../bedrock-error.ts";

interface Exception {
  code: BedrockErrorCode;
  status: number;
  retryable: boolean | undefined;
}

/**
 * The exceptions by their names in lower case and without the last word: the same one is
 * `ThrottlingException` in an HTTP header and `throttlingException` inside a stream. The last column
 * only where it differs from what is usual for the code.
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

/** For responses that name no exception: those of proxies. */
const byStatus: Readonly<Partial<Record<number, BedrockErrorCode>>> = {
  400: "VALIDATION",
  401: "ACCESS_DENIED",
  403: "ACCESS_DENIED",
  404: "NOT_FOUND",
  408: "MODEL_TIMEOUT",
  413: "VALIDATION",
  424: "MODEL_STREAM_ERROR",
  429: "THROTTLED",
  502: "SERVICE_UNAVAILABLE",
  503: "SERVICE_UNAVAILABLE",
  504: "SERVICE_UNAVAILABLE",
};

function lookUp(exceptionType: string): Exception | undefined {
  const name = exceptionType.toLowerCase().replace(/exception$/, "");
  const row = modelled.find(([, , names]) => names.includes(name));
  return row && { code: row[0], status: row[1], retryable: row[3] };
}

/** The body of an exception: JSON where AWS wrote it, any text where something else did. */
interface ExceptionBody {
  message: string;
  details: Record<string, unknown>;
}

function readBody(text: string): ExceptionBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { message: excerpt(text), details: {} };
  }
  if (typeof body !== "object" || body === null) return { message: excerpt(text), details: {} };
  const { message, Message, ...details } = body as Record<string, unknown>;
  delete details["__type"];
  const said = message ?? Message;
  return { message: typeof said === "string" ? said : "", details };
}

/** The start of a text that may be a whole HTML page, on one line. */
function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** An exception frame in the middle of a stream. */
export function streamException(exceptionType: string, body: string, offset: number): BedrockError {
  const known = lookUp(exceptionType);
  const { message, details } = readBody(body);
  return new BedrockError(
    known?.code ?? "UNMODELED_EXCEPTION",
    `Bedrock ended the stream with ${exceptionType || "an exception without a name"}` +
      (message ? `: ${message}` : "."),
    { status: known?.status, retryable: known?.retryable, exceptionType, offset, details },
  );
}

/** An error frame: the kind of failure that no service models. Both texts may be `""`. */
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

/** A refusal before the stream: an HTTP status with a JSON body, or whatever a proxy made of it. */
export function httpError(
  status: number,
  exceptionType: string | undefined,
  text: string,
  facts: Pick<BedrockErrorFacts, "requestId" | "retryAfterMs">,
): BedrockError {
  const known = exceptionType === undefined ? undefined : lookUp(exceptionType);
  const { message, details } = readBody(text);
  const code =
    known?.code ?? byStatus[status] ?? (status >= 500 ? "INTERNAL" : "UNMODELED_EXCEPTION");
  return new BedrockError(
    code,
    `Bedrock refused the request with HTTP ${status}` +
      `${exceptionType ? ` ${exceptionType}` : ""}${message ? `: ${message}` : "."}`,
    { status, retryable: known?.retryable, exceptionType, details, ...facts },
  );
}
