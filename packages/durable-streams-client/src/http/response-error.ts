import { parseRetryAfterMs } from "@freshet/core";
import {
  type DurableStreamError,
  FetchError,
  RetentionGoneError,
  StreamNotFoundError,
} from "../errors.ts";
import type { EndpointResponse } from "./exchange.ts";

/** What every error of a response contains. */
export interface ResponseDetails {
  /** The start of the body. */
  readonly text: string;
  /** The request and the response, for messages. */
  readonly summary: string;
  readonly facts: { readonly status: number; readonly url: string };
}

/**
 * Makes the error for a response with a bad status. Reads the start of the body.
 *
 * @param specific - makes the error of a status that means something special for this request
 */
export async function responseError(
  response: EndpointResponse,
  method: string,
  specific?: (details: ResponseDetails) => DurableStreamError | undefined,
): Promise<DurableStreamError> {
  const { status, url } = response;
  const text = (await response.text()).trim().slice(0, 300);
  const summary = `${method} ${url} got ${status}${text && `: ${text}`}`;
  const facts = { status, url };
  if (status === 404) {
    return new StreamNotFoundError(`The stream does not exist: ${summary}`, facts);
  }
  if (status === 410) {
    return new RetentionGoneError(
      `The server no longer keeps this data, so read from "-1" or "now": ${summary}`,
      facts,
    );
  }
  const retryAfterMs = parseRetryAfterMs(response.header("retry-after"));
  return (
    specific?.({ text, summary, facts }) ??
    new FetchError("HTTP_ERROR", summary, { ...facts, retryAfterMs })
  );
}
