// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#52-append-to-stream
import type { StreamedBody } from "./append-source.ts";
import { answerError } from "../http/response-error.ts";
import type { Endpoint } from "../http/endpoint.ts";
import type { Answer } from "../http/exchange.ts";
import { DurableStreamError, FetchError, isRetryable, ProtocolError } from "../errors.ts";
import type { AnySignal } from "../http/interrupt.ts";
import { header, mediaType } from "../protocol/headers.ts";
import { Retry } from "../http/retry.ts";

export interface WriteRequest {
  readonly method: "PUT" | "POST" | "DELETE" | "HEAD";
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | StreamedBody | undefined;
  readonly signal?: AnySignal | undefined;
  /**
   * Sent twice, it does no more than sent once. Anything else is only sent again when the server
   * cannot have taken it: no connection was made, or it was refused with 429.
   */
  readonly isRepeatable: boolean;
  /** How often to try again; default: as the endpoint's back-off says. */
  readonly maxRetries?: number | undefined;
  /** One of these must be in a good answer; else something other than a stream gave it. */
  readonly expects: readonly string[];
}

export interface WriteAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** An earlier try of this request may have reached the server. */
  readonly afterUnknown: boolean;
}

/** Sends a write (or HEAD) until it is answered well, or fails for good. */
export async function sendWrite(endpoint: Endpoint, request: WriteRequest): Promise<WriteAnswer> {
  const retry = new Retry(endpoint, request.signal);
  const { method, headers, signal, isRepeatable } = request;
  const streamed = typeof request.body === "object" && "open" in request.body && request.body;
  const canResend = !streamed || streamed.canReopen;
  retry.maxRetries = request.maxRetries ?? retry.maxRetries;
  let afterUnknown = false;
  for (;;) {
    try {
      const body = streamed ? streamed.open() : request.body;
      const answer = await endpoint.send({ method, headers, body, signals: [signal] });
      if (answer.status < 200 || answer.status > 299) {
        throw await answerError(answer, {
          method,
          hasSeq: headers?.[header.seq] !== undefined,
          hasProducer: headers?.[header.producerId] !== undefined,
        });
      }
      await answer.drain();
      checkAnswer(answer, request);
      return { status: answer.status, header: (name) => answer.header(name), afterUnknown };
    } catch (error) {
      if (streamed && streamed.failure) throw streamed.failure.error;
      afterUnknown ||= isOutcomeUnknown(error);
      if (error instanceof DurableStreamError) error.maybeStored = afterUnknown;
      // A source that is used up cannot be sent again, nor what may be stored, whatever a handler says.
      if (!canResend || (afterUnknown && !isRepeatable)) throw error;
      await retry.recover(error, isRepeatable ? isRetryable(error) : isRefused(error));
    }
  }
}

/** The server may have done what was asked although no answer says so. */
function isOutcomeUnknown(error: unknown): boolean {
  // A good answer that cannot be understood, perhaps because a browser hides its headers.
  if (error instanceof ProtocolError) return true;
  if (!(error instanceof FetchError)) return false;
  const { status, unsent, code } = error;
  if (status === undefined) return !unsent && code !== "HTTP_ERROR";
  return status < 300 || status === 408 || status >= 500;
}

function isRefused(error: unknown): boolean {
  return error instanceof FetchError && (error.unsent || error.status === 429);
}

/** A captive portal says 200 to everything; that must not count as stored. */
function checkAnswer(answer: Answer, { method, expects }: WriteRequest): void {
  const isStream =
    expects.length === 0
      ? mediaType(answer.header("content-type")) !== "text/html"
      : expects.some((name) => answer.header(name) !== undefined);
  if (isStream) return;
  throw new ProtocolError(
    `This does not look like a durable stream: the answer ${answer.status} to ${method} ${answer.url} has no ${expects.join(" or ") || "sense"} header (a browser hides headers that Access-Control-Expose-Headers does not name).`,
    { url: answer.url, status: answer.status },
  );
}
