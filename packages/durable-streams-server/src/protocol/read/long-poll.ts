/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.7) */
import type { ExchangeAnswer, ExchangeRequest } from "../../http/exchange.ts";
import type { Waiter } from "./live-readers.ts";
import type { ProtocolContext } from "../context.ts";
import { nextCursor } from "./cursor.ts";
import { formatOffset } from "../../wire/offset.ts";
import { expectPage, pageAnswer, readPage, touchIfDue, type Page, type ReadStart } from "./page.ts";

export async function longPoll(
  context: ProtocolContext,
  request: ExchangeRequest,
  path: string,
  start: ReadStart,
): Promise<ExchangeAnswer> {
  // Before the read: a change after it must not be missed.
  const waiter = context.waitingRoom.enter(path);
  try {
    const first = await readPage(context, path, start.position);
    const page = await waitForData(context, request, waiter, path, first);
    if (page.records.length > 0) {
      // The client that asked for "now" does not know where its data begins; that is what a cache
      // must not keep. The page is answered like any other.
      return pageAnswer(context, request, page, start, { live: true });
    }
    return nothingNew(request, page);
  } finally {
    waiter.leave();
  }
}

async function waitForData(
  context: ProtocolContext,
  request: ExchangeRequest,
  waiter: Waiter,
  path: string,
  first: Page,
): Promise<Page> {
  const deadline = performance.now() + context.longPollTimeoutMs;
  const position = first.end;
  let page = first;
  while (page.records.length === 0 && !page.stream.closed) {
    const left = deadline - performance.now();
    if (left <= 0 || waiter.isEnding || request.signal.aborted) break;
    const reason = await waiter.wait(Math.min(left, touchInterval(page)), request.signal);
    if (reason === "ended" || reason === "aborted") break;
    page = expectPage(await waiter.read({ path, position, maxBytes: context.pageBytes }));
    await touchIfDue(context, path, page.stream);
  }
  return page;
}

/** A stream with a reader does not expire: it is touched within each window. */
export function touchInterval({ stream }: Page): number {
  return stream.ttlSeconds === undefined ? Infinity : Math.max(stream.ttlSeconds * 500, 50);
}

function nothingNew(request: ExchangeRequest, { stream, end }: Page): ExchangeAnswer {
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
