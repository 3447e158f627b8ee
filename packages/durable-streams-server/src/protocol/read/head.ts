/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.5) */
import type { ExchangeResponse } from "../../http/exchange.ts";
import { formatOffset } from "../../wire/offset.ts";
import { missingStream } from "../missing-stream.ts";
import { entityTag } from "./entity-tag.ts";
import type { ReadContext } from "./read-context.ts";

export async function headOfStream(
  { store }: ReadContext,
  path: string,
): Promise<ExchangeResponse> {
  const outcome = await store.head(path);
  if (outcome.status !== "ok") throw missingStream(outcome.status);
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
