/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 5.6 to 5.8) */
import type { ExchangeRequest, ExchangeResponse } from "../../http/exchange.ts";
import { HttpError } from "../../http/http-error.ts";
import type { ReadOutcome } from "../../store/store.ts";
import { isActive } from "../../wire/content-type.ts";
import { formatOffset } from "../../wire/offset.ts";
import { missingStream } from "../missing-stream.ts";
import { nextCursor } from "./cursor.ts";
import { entityTag, matchesEntityTag } from "./entity-tag.ts";
import { pageBody } from "./page-body.ts";
import type { ReadContext } from "./read-context.ts";

export type Page = ReadOutcome & { status: "ok" };

/** Where a read starts, as the client wrote it and as the store counts. */
export interface ReadStart {
  readonly token: string;
  readonly position: number | "now";
}

/** Reads a page and touches the stream. Throws an HttpError if there is no such page. */
export async function readPage(
  context: ReadContext,
  path: string,
  position: number | "now",
): Promise<Page> {
  const outcome = await context.store.read({ path, position, maxBytes: context.pageBytes });
  const page = expectPage(outcome);
  await touchIfDue(context, path, page);
  return page;
}

export function expectPage(outcome: ReadOutcome): Page {
  switch (outcome.status) {
    case "ok":
      return outcome;
    case "missing":
    case "deleted":
      throw missingStream(outcome.status);
    case "position-invalid":
      throw new HttpError(
        400,
        "offset is not an offset of this stream: it belongs to another stream, or to an earlier one at this path.",
      );
  }
}

export async function touchIfDue({ store }: ReadContext, path: string, page: Page): Promise<void> {
  if (performance.now() >= page.touchDueAt) await store.touch(path);
}

export function pageResponse(
  context: ReadContext,
  request: ExchangeRequest,
  page: Page,
  start: ReadStart,
  { live = false }: { live?: boolean },
): ExchangeResponse {
  const { stream, upToDate, end } = page;
  const isNow = start.position === "now";
  const headers: Record<string, string> = {
    "content-type": stream.contentType,
    "stream-next-offset": formatOffset(end),
    "cache-control": cacheControl(context, page, isNow, live),
  };
  // What somebody wrote to a stream must not run with the rights of pages on the same origin.
  if (isActive(stream.contentType)) headers["content-security-policy"] = "sandbox";
  if (upToDate) headers["stream-up-to-date"] = "true";
  if (upToDate && stream.closed) headers["stream-closed"] = "true";
  if (live) headers["stream-cursor"] = nextCursor(request.url.searchParams.get("cursor"));
  if (!isNow) {
    headers["etag"] = entityTag(stream, start.token, end, upToDate);
    if (matchesEntityTag(request.header("if-none-match"), headers["etag"])) {
      delete headers["content-type"];
      return { status: 304, headers };
    }
  }
  return { status: 200, headers, body: pageBody(page) };
}

/**
 * Full pages never change. A page that reaches the tail will grow: a cache must revalidate it (with
 * a 304 as the usual result), or a client would not see what it has itself written.
 */
function cacheControl(context: ReadContext, page: Page, isNow: boolean, live: boolean): string {
  if (isNow || (live && page.records.length === 0)) return "no-store";
  const scope = context.isPublic ? "public" : "private";
  if (page.upToDate && !live) return `${scope}, no-cache`;
  return `${scope}, max-age=60, stale-while-revalidate=300`;
}
