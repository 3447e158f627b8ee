/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.7) */
import type { ExchangeRequest, ExchangeResponse } from "../../http/exchange.ts";
import { formatOffset } from "../../wire/offset.ts";
import { nextCursor } from "./cursor.ts";
import type { LiveReader } from "./live-reader.ts";
import {
  expectPage,
  pageResponse,
  readPage,
  touchIfDue,
  type Page,
  type ReadStart,
} from "./page.ts";
import type { ReadContext } from "./read-context.ts";

export async function longPoll(
  context: ReadContext,
  request: ExchangeRequest,
  path: string,
  start: ReadStart,
): Promise<ExchangeResponse> {
  // It joins before the first read, so that a change after the read is not missed.
  const reader = context.liveReaders.join(path);
  try {
    const first = await readPage(context, path, start.position);
    const page = await waitForData(context, request, reader, path, first);
    if (page.records.length > 0) {
      return pageResponse(context, request, page, start, { live: true });
    }
    return nothingNew(request, page);
  } finally {
    reader.leave();
  }
}

async function waitForData(
  context: ReadContext,
  request: ExchangeRequest,
  reader: LiveReader,
  path: string,
  first: Page,
): Promise<Page> {
  const deadline = performance.now() + context.longPollTimeoutMs;
  const position = first.end;
  let page = first;
  while (page.records.length === 0 && !page.stream.closed) {
    const left = deadline - performance.now();
    if (left <= 0 || reader.isEnding || request.signal.aborted) break;
    const reason = await reader.wait(Math.min(left, touchInterval(page)), request.signal);
    if (reason === "ended" || reason === "aborted") break;
    page = expectPage(await reader.read({ path, position, maxBytes: context.pageBytes }));
    await touchIfDue(context, path, page);
  }
  return page;
}

/** How often a reader touches its stream, so that a stream with a reader does not expire. */
export function touchInterval({ stream }: Page): number {
  return stream.ttlSeconds === undefined ? Infinity : Math.max(stream.ttlSeconds * 500, 50);
}

function nothingNew(request: ExchangeRequest, { stream, end }: Page): ExchangeResponse {
  return {
    status: 204,
    headers: {
      "stream-next-offset": formatOffset(end),
      "stream-up-to-date": "true",
      "cache-control": "no-store",
      ...(stream.closed
        ? { "stream-closed": "true" }
        : { "stream-cursor": nextCursor(request.url.searchParams.get("cursor")) }),
    },
  };
}
