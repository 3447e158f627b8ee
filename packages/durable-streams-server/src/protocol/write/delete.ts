/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.4) */
import type { ExchangeResponse } from "../../http/exchange.ts";
import { missingStream } from "../missing-stream.ts";
import type { WriteContext } from "./write-context.ts";

export async function deleteStream(context: WriteContext, path: string): Promise<ExchangeResponse> {
  const outcome = await context.store.delete(path);
  if (outcome === "missing" || outcome === "deleted") throw missingStream(outcome);
  await context.onDeleted(path);
  return { status: 204, headers: { "cache-control": "no-store" } };
}
