/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 5.4 and 5.5) */
import type { ExchangeAnswer } from "../../http/exchange.ts";
import type { ProtocolContext } from "../context.ts";
import { entityTag } from "./entity-tag.ts";
import { gone, notFound } from "../missing.ts";
import { formatOffset } from "../../wire/offset.ts";

export async function headOfStream(
  { store }: ProtocolContext,
  path: string,
): Promise<ExchangeAnswer> {
  const outcome = await store.head(path);
  if (outcome.status !== "ok") return withoutBody(outcome.status);
  const { stream } = outcome;
  return {
    status: 200,
    headers: {
      "content-type": stream.contentType,
      "stream-next-offset": formatOffset(stream.tail),
      "cache-control": "no-store",
      etag: entityTag(stream, "-1", stream.tail, true),
      ...(stream.closed && { "stream-closed": "true" }),
      ...(stream.ttlSeconds !== undefined && { "stream-ttl": String(stream.ttlSeconds) }),
      ...(stream.expiresAt !== undefined && {
        "stream-expires-at": new Date(stream.expiresAt).toISOString(),
      }),
    },
  };
}

function withoutBody(status: "missing" | "deleted"): ExchangeAnswer {
  const { answer } = status === "missing" ? notFound : gone;
  return { status: answer.status, headers: answer.headers };
}

export async function deleteStream(
  context: ProtocolContext,
  path: string,
): Promise<ExchangeAnswer> {
  const outcome = await context.store.delete(path);
  if (outcome === "missing") throw notFound;
  if (outcome === "deleted") throw gone;
  await context.onDeleted(path);
  return { status: 204, headers: { "cache-control": "no-store" } };
}
