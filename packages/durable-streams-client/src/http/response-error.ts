import { parseRetryAfterMs } from "@freshet/core";
import type { Answer } from "./exchange.ts";
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

/** What the request was, as far as it decides what an answer means. */
export interface AnswerContext {
  readonly method: string;
  /** The request had `Stream-Seq`. */
  readonly hasSeq?: boolean;
  /** The request had producer headers. */
  readonly hasProducer?: boolean;
}

/** The error that an answer with a bad status stands for. Reads the start of its body. */
export async function answerError(
  answer: Answer,
  context: AnswerContext,
): Promise<DurableStreamError> {
  const text = (await answer.text()).slice(0, 300);
  const facts = { status: answer.status, url: answer.url };
  const said = `${context.method} ${answer.url} answered ${answer.status}${text && `: ${text}`}`;
  switch (answer.status) {
    case 404:
      return new StreamNotFoundError(`There is no stream here: ${said}`, facts);
    case 410:
      return new RetentionGoneError(
        `The server no longer has this data; read from "-1" or "now": ${said}`,
        facts,
      );
    case 403:
      if (context.hasProducer && answer.header(header.producerEpoch) !== undefined) {
        return staleEpoch(answer, said, facts);
      }
      break;
    case 409:
      return conflict(answer, context, { text, said, facts });
  }
  const error = new FetchError("HTTP_ERROR", said, facts);
  error.retryAfterMs = parseRetryAfterMs(answer.header("retry-after"));
  return error;
}

interface Facts {
  status: number;
  url: string;
}

function staleEpoch(answer: Answer, said: string, facts: Facts): StaleEpochError {
  const epoch = answer.header(header.producerEpoch);
  const error = new StaleEpochError(
    `Another producer with this id has taken over with epoch ${epoch ?? "?"}: ${said}`,
    facts,
  );
  error.currentEpoch = toNumber(epoch);
  return error;
}

function conflict(
  answer: Answer,
  context: AnswerContext,
  { text, said, facts }: { text: string; said: string; facts: Facts },
): DurableStreamError {
  if (context.method === "PUT") {
    return new StreamExistsError(
      `A stream with another configuration is already here: ${said}`,
      facts,
    );
  }
  if (isTrue(answer.header(header.closed))) {
    const error = new StreamClosedError(
      `The stream is closed and takes no more data: ${said}`,
      facts,
    );
    error.finalOffset = answer.header(header.nextOffset);
    return error;
  }
  const expected = answer.header(header.producerExpectedSeq);
  if (expected !== undefined) {
    const received = answer.header(header.producerReceivedSeq);
    const error = new SequenceGapError(
      `The server waits for batch ${expected} and got ${received ?? "another"}: ${said}`,
      facts,
    );
    error.expectedSeq = toNumber(expected);
    error.receivedSeq = toNumber(received);
    return error;
  }
  // A server tells a wrong content type apart from a sequence conflict by its text alone.
  if (context.hasSeq && !/content.?type/i.test(text)) {
    return new SeqConflictError(`The stream already has this seq or a later one: ${said}`, facts);
  }
  return new FetchError("HTTP_ERROR", said, facts);
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
