/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 5.6 to 5.8) */
import { HttpError, type ExchangeAnswer, type ExchangeRequest } from "../../http/exchange.ts";
import { needsTouch } from "../../store/lifetime.ts";
import type { ReadOutcome, StreamInfo } from "../../store/store.ts";
import { isActive, isJson } from "../../wire/content-type.ts";
import type { ProtocolContext } from "../context.ts";
import { nextCursor } from "./cursor.ts";
import { entityTag, matchesEntityTag } from "./entity-tag.ts";
import { gone, notFound } from "../missing.ts";
import { formatOffset } from "../../wire/offset.ts";

export type Page = ReadOutcome & { status: "ok" };

/** Where a read starts, as the client wrote it and as the store counts. */
export interface ReadStart {
  readonly token: string;
  readonly position: number | "now";
}

/** Reads a page and counts as an access. Throws the answer where there is no such page. */
export async function readPage(
  context: ProtocolContext,
  path: string,
  position: number | "now",
): Promise<Page> {
  const outcome = await context.store.read({ path, position, maxBytes: context.pageBytes });
  const page = expectPage(outcome);
  await touchIfDue(context, path, page.stream);
  return page;
}

export function expectPage(outcome: ReadOutcome): Page {
  switch (outcome.status) {
    case "ok":
      return outcome;
    case "missing":
      throw notFound;
    case "deleted":
      throw gone;
    case "position-invalid":
      throw new HttpError(
        400,
        "offset is not a position of this stream: it belongs to another one, or to an earlier one at this path.",
      );
  }
}

export async function touchIfDue(
  { store }: ProtocolContext,
  path: string,
  stream: StreamInfo,
): Promise<void> {
  if (needsTouch(stream, Date.now())) await store.touch(path);
}

export function pageAnswer(
  context: ProtocolContext,
  request: ExchangeRequest,
  page: Page,
  start: ReadStart,
  { live = false }: { live?: boolean },
): ExchangeAnswer {
  const { stream, upToDate, end } = page;
  const isNow = start.position === "now";
  const headers: Record<string, string> = {
    "content-type": stream.contentType,
    "stream-next-offset": formatOffset(end),
    "cache-control": cacheControl(context, page, isNow, live),
  };
  // What somebody wrote to a stream must not run with the rights of the pages beside it.
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
 * Full pages never change. One that reaches the tail will grow: a cache has to ask again (and is told
 * 304), or a reader would not see what it has itself written.
 */
function cacheControl(context: ProtocolContext, page: Page, isNow: boolean, live: boolean): string {
  if (isNow || (live && page.records.length === 0)) return "no-store";
  const scope = context.isPublic ? "public" : "private";
  if (page.upToDate && !live) return `${scope}, no-cache`;
  return `${scope}, max-age=60, stale-while-revalidate=300`;
}

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The bytes of a page: joined, and in JSON mode one array of its messages. */
export function pageBody(page: Page): Uint8Array {
  const { records, stream } = page;
  const json = isJson(stream.contentType);
  const [only] = records;
  if (only && records.length === 1 && !json) return only.data;
  const separators = json ? Math.max(records.length - 1, 0) + 2 : 0;
  const body = new Uint8Array(page.end - page.start + separators);
  let at = 0;
  if (json) body[at++] = OPEN_BRACKET;
  for (const [index, { data }] of records.entries()) {
    if (json && index > 0) body[at++] = COMMA;
    body.set(data, at);
    at += data.byteLength;
  }
  if (json) body[at] = CLOSE_BRACKET;
  return body;
}
