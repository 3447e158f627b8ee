/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 4.2 and 5.1) */
import type { ExchangeRequest, ExchangeResponse } from "../../http/exchange.ts";
import { HttpError } from "../../http/http-error.ts";
import type { CreateOutcome, ForkRequest } from "../../store/store.ts";
import { formatOffset } from "../../wire/offset.ts";
import { toRecord } from "./record.ts";
import {
  checkContentEncoding,
  closedHeader,
  contentTypeHeader,
  forkHeaders,
  lifetimeHeaders,
} from "./request-headers.ts";
import type { WriteContext } from "./write-context.ts";

/** The fork that a request describes. Its source must be authorised before the stream is created. */
export function forkSource(
  context: WriteContext,
  request: ExchangeRequest,
): ForkRequest | undefined {
  const fork = forkHeaders(request);
  if (!fork) return undefined;
  const path = context.toStreamPath(fork.from);
  if (path === undefined) {
    throw new HttpError(404, "Stream-Forked-From lies outside the path that this server serves.");
  }
  return { path, position: fork.position, subOffset: fork.subOffset };
}

export async function createStream(
  context: WriteContext,
  request: ExchangeRequest,
  path: string,
  fork: ForkRequest | undefined,
): Promise<ExchangeResponse> {
  checkContentEncoding(request);
  const lifetime = lifetimeHeaders(request);
  let contentType = contentTypeHeader(request);
  const body = await request.body(context.maxBodyBytes);
  if (!fork) contentType ??= "application/octet-stream";
  const outcome = await context.store.create({
    path,
    contentType,
    ...lifetime,
    closed: closedHeader(request),
    data: await initialData(context, body, contentType, fork),
    fork,
    maxStreams: context.maxStreams,
  });
  if (outcome.status !== "created" && outcome.status !== "exists") throw refusal(outcome, context);
  const { stream, status } = outcome;
  if (status === "created" && body.byteLength > 0) context.onAppended(path);
  return {
    status: status === "created" ? 201 : 200,
    headers: {
      "content-type": stream.contentType,
      "stream-next-offset": formatOffset(stream.tail),
      "cache-control": "no-store",
      ...(stream.closed && { "stream-closed": "true" }),
      ...(status === "created" && {
        location: (context.publicOrigin ?? request.url.origin) + request.url.pathname,
      }),
    },
  };
}

async function initialData(
  context: WriteContext,
  body: Uint8Array,
  contentType: string | undefined,
  fork: ForkRequest | undefined,
): Promise<Uint8Array | undefined> {
  if (body.byteLength === 0) return undefined;
  let type = contentType;
  if (!type && fork) {
    const source = await context.store.head(fork.path);
    // Without a source the store refuses the request, whatever its body.
    if (source.status === "ok") type = source.stream.contentType;
  }
  return toRecord(body, type ?? "application/octet-stream");
}

function refusal({ status }: CreateOutcome, { maxStreams }: WriteContext): HttpError {
  switch (status) {
    case "deleted":
      return new HttpError(
        409,
        "The stream that was deleted at this path is kept for its forks: use another path.",
      );
    case "source-missing":
      return new HttpError(404, "There is no stream at the path in Stream-Forked-From.");
    case "source-deleted":
      return new HttpError(409, "The stream at the path in Stream-Forked-From was deleted.");
    case "source-content-type":
      return new HttpError(409, "A fork has the Content-Type of its source: leave the header out.");
    case "fork-position-invalid":
      return new HttpError(400, "Stream-Fork-Offset is not a position of the source stream.");
    case "sub-offset-invalid":
      return new HttpError(
        400,
        "Stream-Fork-Sub-Offset goes beyond the next append of the source.",
      );
    case "too-many-streams":
      return new HttpError(
        507,
        `This server already has ${maxStreams} streams, the most it may have (limits.streams).`,
      );
    default:
      return new HttpError(409, "A stream with another configuration exists at this path.");
  }
}
