// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#55-read-stream---catch-up
import type { AbortSignalLike } from "@freshet/core";
import { ProtocolError } from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";
import type { EndpointResponse } from "../http/exchange.ts";
import { responseError } from "../http/response-error.ts";
import { warnOnce } from "../http/warn-once.ts";
import { header, isTrue } from "../protocol/headers.ts";
import type { Offset } from "../protocol/offset.ts";
import type { Segment } from "./segment.ts";

export interface PageRequest {
  readonly offset: Offset;
  readonly live?: "long-poll" | undefined;
  readonly cursor?: string | undefined;
  /** The server sends data only if this ETag no longer matches. */
  readonly etag?: string | undefined;
  readonly signals: readonly AbortSignalLike[];
  readonly timeoutMs?: number | undefined;
}

/** The outcome of a request for a page. */
export type PageResult =
  | { kind: "page"; segment: Segment; etag: string | undefined }
  /** A long-poll timed out (204), or the data is unchanged (304). */
  | { kind: "nothing"; segment: Segment; notModified: boolean }
  /** Not the response of a durable stream, or a stale one: a retry may help. */
  | { kind: "no-progress"; problem: ProtocolError };

/**
 * Requests the data from an offset on. Throws a ProtocolError immediately where the response of a
 * durable stream lacks a header, since a retry does not bring it.
 */
export async function requestPage(endpoint: Endpoint, request: PageRequest): Promise<PageResult> {
  const query: Record<string, string> = { offset: request.offset };
  if (request.live) query["live"] = request.live;
  if (request.live && request.cursor !== undefined) query["cursor"] = request.cursor;
  const { signals, timeoutMs, etag } = request;
  const headers = etag === undefined ? undefined : { "if-none-match": etag };
  const response = await endpoint.send({ method: "GET", query, headers, signals, timeoutMs });
  if (response.status === 304) return notModified(response, request);
  if (response.status !== 200 && response.status !== 204) {
    throw await responseError(response, "GET");
  }
  try {
    return readHeaders(response, request);
  } catch (error) {
    response.discard();
    throw error;
  }
}

function readHeaders(response: EndpointResponse, request: PageRequest): PageResult {
  const next = response.header(header.nextOffset);
  const segment = segmentOf(response, request, next ?? request.offset);
  if (!next) {
    const isStream = [header.upToDate, header.cursor, header.closed].some((name) =>
      response.header(name),
    );
    const error = problem(response, "has no Stream-Next-Offset header");
    if (isStream) throw error;
    response.discard();
    return { kind: "no-progress", problem: error };
  }
  if (request.live && !segment.closed && segment.cursor === undefined) {
    // The ProgressGuard ends the loop that a cache would make of it.
    warnOnce(
      `cursor ${new URL(response.url).origin}`,
      `GET ${response.url}: live responses have no Stream-Cursor header, so a cache may serve them. In a browser, ` +
        "the server must name it in Access-Control-Expose-Headers.",
    );
  }
  if (goesBack(request.offset, next)) {
    response.discard();
    const text = `leads back from offset ${request.offset} to ${next}, as a stale cache would`;
    return { kind: "no-progress", problem: problem(response, text) };
  }
  if (response.status === 204 || next === request.offset) {
    // Data without progress would arrive again and again, so the body is never delivered.
    void response.drain();
    if (segment.upToDate || request.live) {
      return { kind: "nothing", segment: { ...segment, body: undefined }, notModified: false };
    }
    const text = `does not lead beyond offset ${next} and has no Stream-Up-To-Date header`;
    return { kind: "no-progress", problem: problem(response, text) };
  }
  return { kind: "page", segment, etag: response.header("etag") };
}

function segmentOf(response: EndpointResponse, request: PageRequest, next: Offset): Segment {
  const closed = isTrue(response.header(header.closed));
  return {
    start: request.offset === "now" ? next : request.offset,
    next,
    upToDate: response.status === 204 || closed || isTrue(response.header(header.upToDate)),
    closed,
    cursor: response.header(header.cursor),
    contentType: response.header("content-type"),
    body: response.bytes(),
    events: [],
    isBase64: false,
  };
}

function notModified(response: EndpointResponse, request: PageRequest): PageResult {
  response.discard();
  if (request.etag === undefined) {
    return {
      kind: "no-progress",
      problem: problem(response, "is a 304, although no If-None-Match was sent"),
    };
  }
  const segment = segmentOf(response, request, request.offset);
  return {
    kind: "nothing",
    segment: { ...segment, upToDate: true, body: undefined },
    notModified: true,
  };
}

/** Whether an offset lies before another. Offsets sort (PROTOCOL.md, section 6) but for the sentinels. */
export function goesBack(from: Offset, to: Offset): boolean {
  return from !== "-1" && from !== "now" && to < from;
}

function problem(response: EndpointResponse, what: string): ProtocolError {
  return new ProtocolError(
    `GET ${response.url}: the response is not that of a durable stream: it ${what}.`,
    { url: response.url, status: response.status },
  );
}
