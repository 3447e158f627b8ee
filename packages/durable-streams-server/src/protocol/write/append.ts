/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 5.2 and 5.3) */
import type { ExchangeRequest, ExchangeResponse } from "../../http/exchange.ts";
import { HttpError } from "../../http/http-error.ts";
import type { AppendOutcome, AppendRequest } from "../../store/store.ts";
import { formatOffset } from "../../wire/offset.ts";
import { missingStream } from "../missing-stream.ts";
import { toRecord } from "./record.ts";
import {
  checkContentEncoding,
  closedHeader,
  contentTypeHeader,
  producerHeaders,
} from "./request-headers.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * Appends the body, closes the stream, or both in one step.
 *
 * @param authorizeAppend - called if a request that closes the stream turns out to have data too
 */
export async function appendToStream(
  context: WriteContext,
  request: ExchangeRequest,
  path: string,
  authorizeAppend: () => Promise<void>,
): Promise<ExchangeResponse> {
  checkContentEncoding(request);
  const producer = producerHeaders(request);
  const close = closedHeader(request);
  const seq = request.header("stream-seq");
  const body = await request.body(context.maxBodyBytes);
  const content = body.byteLength > 0 ? contentOf(request, body) : undefined;
  if (!content && !close) {
    throw new HttpError(400, "The body is empty. Only a request with Stream-Closed: true may be.");
  }
  if (content && close) await authorizeAppend();
  const append: AppendRequest = {
    path,
    ...content,
    close,
    seq,
    producer,
    maxProducers: context.maxProducers,
  };
  const outcome = await context.store.append(append);
  if (outcome.status !== "appended" && outcome.status !== "duplicate") {
    throw refusal(outcome, append, context);
  }
  if (outcome.status === "appended") {
    const start = outcome.tail - (append.data?.byteLength ?? 0);
    context.onAppended(path, { producer: producer?.id, start, end: outcome.tail });
  }
  return accepted(outcome, append);
}

function contentOf(request: ExchangeRequest, body: Uint8Array) {
  const contentType = contentTypeHeader(request);
  if (!contentType) {
    throw new HttpError(400, "Content-Type is missing: send the Content-Type of the stream.");
  }
  const data = toRecord(body, contentType);
  if (data.byteLength === 0) {
    throw new HttpError(400, "The body is an empty array: send at least one message.");
  }
  return { contentType, data };
}

function accepted(
  outcome: AppendOutcome & { status: "appended" | "duplicate" },
  { producer, data }: AppendRequest,
): ExchangeResponse {
  // For a producer, 200 means that this request stored its data, and 204 that an earlier one did.
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
  { maxProducers }: WriteContext,
): HttpError {
  switch (outcome.status) {
    case "missing":
    case "deleted":
      return missingStream(outcome.status);
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
      return new HttpError(400, "A new Producer-Epoch must begin with Producer-Seq 0.");
    case "sequence-gap":
      return new HttpError(409, `Producer-Seq ${outcome.expected} has not arrived yet.`, {
        "producer-expected-seq": String(outcome.expected),
        "producer-received-seq": String(producer?.seq),
      });
    case "too-many-producers":
      return new HttpError(
        507,
        `This stream already has ${maxProducers} producers, the most it may have (limits.producersPerStream).`,
      );
    default:
      return new HttpError(409, "Content-Type differs from that of the stream.");
  }
}
