import {
  type DurableStreamError,
  SeqConflictError,
  SequenceGapError,
  StaleEpochError,
  StreamClosedError,
  StreamExistsError,
} from "../errors.ts";
import type { EndpointResponse } from "../http/exchange.ts";
import { responseError, type ResponseDetails } from "../http/response-error.ts";
import { header, isTrue, writeHeader } from "../protocol/headers.ts";

/** The part of a request that decides what a bad status means. */
interface SentRequest {
  readonly method: string;
  readonly headers?: Record<string, string> | undefined;
}

/** Makes the error for a bad response to a write. */
export function writeError(
  response: EndpointResponse,
  request: SentRequest,
): Promise<DurableStreamError> {
  return responseError(response, request.method, (details) => {
    if (response.status === 403) return staleEpoch(response, details);
    return response.status === 409 ? conflict(response, request, details) : undefined;
  });
}

function staleEpoch(
  response: EndpointResponse,
  { summary, facts }: ResponseDetails,
): StaleEpochError | undefined {
  const epoch = response.header(writeHeader.producerEpoch);
  // Without the header it is a 403 of the server's access control.
  if (epoch === undefined) return undefined;
  return new StaleEpochError(
    `Another producer with this id has taken over with epoch ${epoch}: ${summary}`,
    { ...facts, currentEpoch: toNumber(epoch) },
  );
}

function conflict(
  response: EndpointResponse,
  { method, headers }: SentRequest,
  { text, summary, facts }: ResponseDetails,
): DurableStreamError | undefined {
  if (method === "PUT") {
    return new StreamExistsError(
      `A stream with another configuration exists at this URL: ${summary}`,
      facts,
    );
  }
  if (isTrue(response.header(header.closed))) {
    return new StreamClosedError(`The stream is closed and accepts no more data: ${summary}`, {
      ...facts,
      finalOffset: response.header(header.nextOffset),
    });
  }
  const expected = response.header(writeHeader.producerExpectedSeq);
  if (expected !== undefined) {
    const received = response.header(writeHeader.producerReceivedSeq);
    return new SequenceGapError(
      `The server expects batch ${expected} and got ${received ?? "another"}: ${summary}`,
      { ...facts, expectedSeq: toNumber(expected), receivedSeq: toNumber(received) },
    );
  }
  // Only the text of the response distinguishes a wrong content type from a sequence conflict.
  if (headers?.[writeHeader.seq] !== undefined && !/content.?type/i.test(text)) {
    return new SeqConflictError(
      `The stream already has this seq or a later one: ${summary}`,
      facts,
    );
  }
  return undefined;
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
