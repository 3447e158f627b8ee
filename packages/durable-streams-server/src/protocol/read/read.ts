/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.6) */
import { HttpError, type ExchangeAnswer, type ExchangeRequest } from "../../http/exchange.ts";
import type { ProtocolContext } from "../context.ts";
import { longPoll } from "./long-poll.ts";
import { parseOffset } from "../../wire/offset.ts";
import { pageAnswer, readPage, type ReadStart } from "./page.ts";
import { serverSentEvents } from "./sse.ts";

export function readStream(
  context: ProtocolContext,
  request: ExchangeRequest,
  path: string,
): Promise<ExchangeAnswer> {
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
  if (others.length > 0) throw new HttpError(400, "offset must be given once.");
  if (token === "now") return { token, position: "now" };
  const position = token === "-1" ? 0 : parseOffset(token);
  if (position === undefined) {
    throw new HttpError(400, "offset must be -1, now, or an offset that this server gave out.");
  }
  return { token, position };
}

async function catchUp(
  context: ProtocolContext,
  request: ExchangeRequest,
  path: string,
  start: ReadStart,
): Promise<ExchangeAnswer> {
  const page = await readPage(context, path, start.position);
  return pageAnswer(context, request, page, start, {});
}
