import { parseRetryAfterMs } from "@freshet/core";
import type { EndpointResponse } from "./exchange.ts";
import {
  type DurableStreamError,
  FetchError,
  RetentionGoneError,
  SeqConflictError,
  SequenceGapError,
  StaleEpochError,
  StreamClosedError,
  StreamExistsError,
  StreamNotFoundError,
} from "../errors.ts";
import { header, isTrue } from "../protocol/headers.ts";

/** The facts of a request that decide what a bad status means. */
export interface RequestContext {
  readonly method: string;
  /** The request had `Stream-Seq`. */
  readonly hasSeq?: boolean;
  /** The request had producer headers. */
  readonly hasProducer?: boolean;
}

/** Makes the error for a response with a bad status. Reads the start of the body. */
export async function responseError(
  response: EndpointResponse,
  context: RequestContext,
): Promise<DurableStreamError> {
  const text = (await response.text()).trim().slice(0, 300);
  const facts = { status: response.status, url: response.url };
  const retryAfterMs = parseRetryAfterMs(response.header("retry-after"));
  const summary = `${context.method} ${response.url} got ${response.status}${text && `: ${text}`}`;
  switch (response.status) {
    case 404:
      return new StreamNotFoundError(`The stream does not exist: ${summary}`, facts);
    case 410:
      return new RetentionGoneError(
        `The server no longer keeps this data, so read from "-1" or "now": ${summary}`,
        facts,
      );
    case 403:
      if (context.hasProducer && response.header(header.producerEpoch) !== undefined) {
        return staleEpoch(response, summary, facts);
      }
      break;
    case 409:
      return conflict(response, context, { text, summary, facts });
  }
  return new FetchError("HTTP_ERROR", summary, { ...facts, retryAfterMs });
}

interface Facts {
  status: number;
  url: string;
}

function staleEpoch(response: EndpointResponse, summary: string, facts: Facts): StaleEpochError {
  const epoch = response.header(header.producerEpoch);
  return new StaleEpochError(
    `Another producer with this id has taken over with epoch ${epoch ?? "?"}: ${summary}`,
    { ...facts, currentEpoch: toNumber(epoch) },
  );
}

function conflict(
  response: EndpointResponse,
  context: RequestContext,
  { text, summary, facts }: { text: string; summary: string; facts: Facts },
): DurableStreamError {
  if (context.method === "PUT") {
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
  const expected = response.header(header.producerExpectedSeq);
  if (expected !== undefined) {
    const received = response.header(header.producerReceivedSeq);
    return new SequenceGapError(
      `The server expects batch ${expected} and got ${received ?? "another"}: ${summary}`,
      { ...facts, expectedSeq: toNumber(expected), receivedSeq: toNumber(received) },
    );
  }
  // Only the text of the response distinguishes a wrong content type from a sequence conflict.
  if (context.hasSeq && !/content.?type/i.test(text)) {
    return new SeqConflictError(
      `The stream already has this seq or a later one: ${summary}`,
      facts,
    );
  }
  return new FetchError("HTTP_ERROR", summary, facts);
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
