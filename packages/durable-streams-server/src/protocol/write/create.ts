/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 4.2 and 5.1) */
import { HttpError, type ExchangeAnswer, type ExchangeRequest } from "../../http/exchange.ts";
import type { CreateOutcome, ForkRequest } from "../../store/store.ts";
import { recordOf } from "./append.ts";
import type { ProtocolContext } from "../context.ts";
import { formatOffset } from "../../wire/offset.ts";
import {
  checkContentEncoding,
  closedHeader,
  contentTypeHeader,
  forkHeaders,
  lifetimeHeaders,
} from "./request-headers.ts";

/** The source's path, if the request is for a fork. Asked before, because it is authorised too. */
export function forkSource(
  context: ProtocolContext,
  request: ExchangeRequest,
): ForkRequest | undefined {
  const fork = forkHeaders(request);
  if (!fork) return undefined;
  const path = context.toStreamPath(fork.from);
  if (path === undefined) {
    throw new HttpError(404, "Stream-Forked-From is outside of the path that this server serves.");
  }
  return { path, position: fork.position, subOffset: fork.subOffset };
}

export async function createStream(
  context: ProtocolContext,
  request: ExchangeRequest,
  path: string,
  fork: ForkRequest | undefined,
): Promise<ExchangeAnswer> {
  checkContentEncoding(request);
  const lifetime = lifetimeHeaders(request);
  let contentType = contentTypeHeader(request);
  const body = await request.body(context.limits.bodyBytes);
  if (!fork) contentType ??= "application/octet-stream";
  const outcome = await context.store.create({
    path,
    contentType,
    ...lifetime,
    closed: closedHeader(request),
    data: await initialData(context, body, contentType, fork),
    fork,
    maxStreams: context.limits.streams,
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
  context: ProtocolContext,
  body: Uint8Array,
  contentType: string | undefined,
  fork: ForkRequest | undefined,
): Promise<Uint8Array | undefined> {
  if (body.byteLength === 0) return undefined;
  let type = contentType;
  if (!type && fork) {
    const source = await context.store.head(fork.path);
    // Without a source the store refuses; what the body would mean does not matter then.
    if (source.status === "ok") type = source.stream.contentType;
  }
  return recordOf(body, type ?? "application/octet-stream");
}

function refusal({ status }: CreateOutcome, { limits }: ProtocolContext): HttpError {
  switch (status) {
    case "deleted":
      return new HttpError(
        409,
        "A stream that was deleted at this path is kept for its forks: use another path.",
      );
    case "source-missing":
      return new HttpError(404, "There is no stream at Stream-Forked-From.");
    case "source-deleted":
      return new HttpError(409, "The stream at Stream-Forked-From was deleted.");
    case "source-content-type":
      return new HttpError(409, "A fork has its source's Content-Type: leave the header out.");
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
        `This server holds as many streams as it may (limits.streams is ${limits.streams}).`,
      );
    default:
      return new HttpError(409, "A stream with another configuration exists at this path.");
  }
}
