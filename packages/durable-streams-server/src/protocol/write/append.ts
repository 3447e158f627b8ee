/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 5.2 and 5.3) */
import { HttpError, type ExchangeAnswer, type ExchangeRequest } from "../../http/exchange.ts";
import { flattenJson } from "../../wire/json-messages.ts";
import type { AppendOutcome, AppendRequest } from "../../store/store.ts";
import { isJson } from "../../wire/content-type.ts";
import type { ProtocolContext } from "../context.ts";
import { gone, notFound } from "../missing.ts";
import { formatOffset } from "../../wire/offset.ts";
import {
  checkContentEncoding,
  closedHeader,
  contentTypeHeader,
  producerHeaders,
} from "./request-headers.ts";

/** What a body is stored as: itself, or its JSON messages joined by commas; empty for `[]`. */
export function recordOf(body: Uint8Array, contentType: string): Uint8Array {
  if (!isJson(contentType)) return body;
  try {
    return flattenJson(body);
  } catch {
    throw new HttpError(400, "The body is not valid JSON in UTF-8. Nothing was stored.");
  }
}

export async function appendToStream(
  context: ProtocolContext,
  request: ExchangeRequest,
  path: string,
  /** Asked when a request that closes the stream turns out to have data too. */
  confirmAppend: () => Promise<void>,
): Promise<ExchangeAnswer> {
  checkContentEncoding(request);
  const producer = producerHeaders(request);
  const close = closedHeader(request);
  const seq = request.header("stream-seq");
  const body = await request.body(context.limits.bodyBytes);
  const content = body.byteLength > 0 ? contentOf(request, body) : undefined;
  if (!content && !close) {
    throw new HttpError(400, "The body is empty. Only a request with Stream-Closed: true may be.");
  }
  if (content && close) await confirmAppend();
  const append: AppendRequest = {
    path,
    ...content,
    close,
    seq,
    producer,
    maxProducers: context.limits.producersPerStream,
  };
  const outcome = await context.store.append(append);
  if (outcome.status !== "appended" && outcome.status !== "duplicate") {
    throw refusal(outcome, append, context);
  }
  if (outcome.status === "appended") context.onAppended(path);
  return accepted(outcome, append);
}

function contentOf(request: ExchangeRequest, body: Uint8Array) {
  const contentType = contentTypeHeader(request);
  if (!contentType) throw new HttpError(400, "Content-Type is missing: send the stream's own.");
  const data = recordOf(body, contentType);
  if (data.byteLength === 0) {
    throw new HttpError(400, "The body is an empty array: there is no message in it.");
  }
  return { contentType, data };
}

function accepted(
  outcome: AppendOutcome & { status: "appended" | "duplicate" },
  { producer, data }: AppendRequest,
): ExchangeAnswer {
  // 200 tells a producer that this very request stored its data, 204 that an earlier one did.
  const isNew = producer && data && outcome.status === "appended";
  return {
    status: isNew ? 200 : 204,
    headers: {
      "stream-next-offset": formatOffset(outcome.tail),
      "cache-control": "no-store",
      ...(outcome.closed && { "stream-closed": "true" }),
      ...(producer && {
        "producer-epoch": String(producer.epoch),
        "producer-seq": String(outcome.lastSeq ?? producer.seq),
      }),
    },
  };
}

function refusal(
  outcome: AppendOutcome,
  { producer }: AppendRequest,
  { limits }: ProtocolContext,
): HttpError {
  switch (outcome.status) {
    case "missing":
      return notFound;
    case "deleted":
      return gone;
    case "closed":
      return new HttpError(409, "The stream is closed.", {
        "stream-closed": "true",
        "stream-next-offset": formatOffset(outcome.tail),
      });
    case "seq-conflict":
      return new HttpError(409, "Stream-Seq is not higher than the last one of this stream.");
    case "stale-epoch":
      return new HttpError(
        403,
        `A newer producer with this Producer-Id has epoch ${outcome.epoch}.`,
        { "producer-epoch": String(outcome.epoch) },
      );
    case "epoch-not-at-zero":
      return new HttpError(400, "A new Producer-Epoch begins with Producer-Seq 0.");
    case "sequence-gap":
      return new HttpError(409, `Producer-Seq ${outcome.expected} has not arrived yet.`, {
        "producer-expected-seq": String(outcome.expected),
        "producer-received-seq": String(producer?.seq),
      });
    case "too-many-producers":
      return new HttpError(
        507,
        `This stream knows as many producers as it may (limits.producersPerStream is ${limits.producersPerStream}).`,
      );
    default:
      return new HttpError(409, "Content-Type is not the stream's own.");
  }
}
