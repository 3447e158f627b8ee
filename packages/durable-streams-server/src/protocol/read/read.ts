/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.6) */
import type { ExchangeRequest, ExchangeResponse } from "../../http/exchange.ts";
import { HttpError } from "../../http/http-error.ts";
import { parseOffset } from "../../wire/offset.ts";
import { longPoll } from "./long-poll.ts";
import { pageResponse, readPage, type ReadStart } from "./page.ts";
import type { ReadContext } from "./read-context.ts";
import { serverSentEvents } from "./sse.ts";

export function readStream(
  context: ReadContext,
  request: ExchangeRequest,
  path: string,
): Promise<ExchangeResponse> {
  const { searchParams } = request.url;
  const live = searchParams.get("live");
  const start = readStart(searchParams);
  if (live === null) return catchUp(context, request, path, start);
  if (live !== "long-poll" && live !== "sse") {
    throw new HttpError(400, "live must be long-poll or sse.");
  }
  if (!searchParams.has("offset")) throw new HttpError(400, `live=${live} needs an offset.`);
  return (live === "sse" ? serverSentEvents : longPoll)(context, request, path, start);
}

function readStart(searchParams: URLSearchParams): ReadStart {
  const [token = "-1", ...others] = searchParams.getAll("offset");
  if (others.length > 0) throw new HttpError(400, "offset must not be repeated.");
  if (token === "now") return { token, position: "now" };
  const position = token === "-1" ? 0 : parseOffset(token);
  if (position === undefined) {
    throw new HttpError(400, "offset must be -1, now, or an offset of this server.");
  }
  return { token, position };
}

async function catchUp(
  context: ReadContext,
  request: ExchangeRequest,
  path: string,
  start: ReadStart,
): Promise<ExchangeResponse> {
  const page = await readPage(context, path, start.position);
  return pageResponse(context, request, page, start, {});
}
