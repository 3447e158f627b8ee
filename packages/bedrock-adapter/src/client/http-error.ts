import { isRetryableStatus, parseRetryAfterMs, readErrorBody } from "@freshet/core";
import { BedrockError } from "../bedrock-error.ts";
import { exceptionOfName, exceptionOfStatus, readExceptionBody } from "../decode/exceptions.ts";

/** Reads a refusal before the stream: an HTTP status with a JSON body, or with whatever a proxy sends. */
export async function httpError(
  response: Response,
  signal: AbortSignal | undefined,
): Promise<BedrockError> {
  const { headers, status } = response;
  const text = await readErrorBody(response.body, { signal });
  const type = headers.get("x-amzn-errortype") ?? /"__type"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  const exceptionType = type && shortType(type);
  const known = exceptionType === undefined ? undefined : exceptionOfName(exceptionType);
  const retryable = known ? known.retryable : isRetryableStatus(status);
  const retryAfterMs = parseRetryAfterMs(headers.get("retry-after"));
  const { message, details } = readExceptionBody(text);
  return new BedrockError(
    (known ?? exceptionOfStatus(status))?.code ?? "UNMODELED_EXCEPTION",
    `Bedrock refused the request with HTTP ${status}` +
      `${exceptionType ? ` ${exceptionType}` : ""}${message ? `: ${message}` : "."}` +
      (retryAfterMs ? ` (Retry-After: ${Math.ceil(retryAfterMs / 1000)} s)` : ""),
    { status, retryable, exceptionType, details, retryAfterMs, requestId: requestIdOf(headers) },
  );
}

/** `x-amzn-requestid`, which every response has. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get("x-amzn-requestid") ?? undefined;
}

/** `ThrottlingException` of `ThrottlingException:http://…` and of `com.amazon.coral#ThrottlingException`. */
function shortType(type: string): string {
  return type.replace(/:.*$/s, "").replace(/^.*#/s, "").trim();
}
