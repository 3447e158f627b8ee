// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#55-read-stream---catch-up
import { answerError } from "../http/response-error.ts";
import type { Endpoint } from "../http/endpoint.ts";
import type { Answer } from "../http/exchange.ts";
import { ProtocolError } from "../errors.ts";
import type { AnySignal } from "../http/interrupt.ts";
import type { Offset } from "../protocol/offset.ts";
import { header, isTrue } from "../protocol/headers.ts";
import type { Segment } from "./segment.ts";

export interface PageRequest {
  readonly offset: Offset;
  readonly live?: "long-poll" | undefined;
  readonly cursor?: string | undefined;
  /** Asks for an answer only if the data is not what this ETag stands for. */
  readonly etag?: string | undefined;
  readonly signals: readonly AnySignal[];
  readonly timeoutMs?: number | undefined;
}

/** What came of asking for a page. */
export type PageResult =
  | { kind: "page"; segment: Segment; etag: string | undefined }
  /** A long-poll's time ran out (204), or the data is the same as before (304). */
  | { kind: "nothing"; segment: Segment; notModified: boolean }
  /** Not an answer of a durable stream, or an old one: asking again may help, for a while. */
  | { kind: "no-progress"; problem: ProtocolError };

/**
 * Asks for the data from an offset on. Throws a ProtocolError at once where a durable stream answers
 * with a header missing, since asking again will not bring it.
 */
export async function requestPage(endpoint: Endpoint, request: PageRequest): Promise<PageResult> {
  const query: Record<string, string> = { offset: request.offset };
  if (request.live) query["live"] = request.live;
  if (request.live && request.cursor !== undefined) query["cursor"] = request.cursor;
  const { signals, timeoutMs, etag } = request;
  const headers = etag === undefined ? undefined : { "if-none-match": etag };
  const answer = await endpoint.send({ method: "GET", query, headers, signals, timeoutMs });
  if (answer.status === 304) return notModified(answer, request);
  if (answer.status !== 200 && answer.status !== 204) {
    throw await answerError(answer, { method: "GET" });
  }
  try {
    return readHeaders(answer, request);
  } catch (error) {
    answer.discard();
    throw error;
  }
}

function readHeaders(answer: Answer, request: PageRequest): PageResult {
  const next = answer.header(header.nextOffset);
  const segment = segmentOf(answer, request, next ?? request.offset);
  if (!next) {
    const isStream = [header.upToDate, header.cursor, header.closed].some((name) =>
      answer.header(name),
    );
    const error = problem(answer, "has no Stream-Next-Offset header");
    if (isStream) throw error;
    answer.discard();
    return { kind: "no-progress", problem: error };
  }
  if (request.live && !segment.closed && segment.cursor === undefined) {
    throw problem(answer, "is a live answer without a Stream-Cursor header");
  }
  if (goesBack(request.offset, next)) {
    answer.discard();
    const text = `leads back from offset ${request.offset} to ${next}, as a stale cache would`;
    return { kind: "no-progress", problem: problem(answer, text) };
  }
  if (answer.status === 204 || next === request.offset) {
    // Data that leads nowhere would come again for ever: whatever the body is, it is not given.
    void answer.drain();
    if (segment.upToDate || request.live) {
      return { kind: "nothing", segment: { ...segment, body: undefined }, notModified: false };
    }
    const text = `does not lead beyond offset ${next} and has no Stream-Up-To-Date header`;
    return { kind: "no-progress", problem: problem(answer, text) };
  }
  return { kind: "page", segment, etag: answer.header("etag") };
}

function segmentOf(answer: Answer, request: PageRequest, next: Offset): Segment {
  const closed = isTrue(answer.header(header.closed));
  return {
    start: request.offset === "now" ? next : request.offset,
    next,
    upToDate: answer.status === 204 || closed || isTrue(answer.header(header.upToDate)),
    closed,
    cursor: answer.header(header.cursor),
    contentType: answer.header("content-type"),
    body: answer.bytes(),
    events: [],
    isBase64: false,
  };
}

function notModified(answer: Answer, request: PageRequest): PageResult {
  answer.discard();
  if (request.etag === undefined) {
    return {
      kind: "no-progress",
      problem: problem(answer, "is a 304, although no If-None-Match was sent"),
    };
  }
  const segment = segmentOf(answer, request, request.offset);
  return {
    kind: "nothing",
    segment: { ...segment, upToDate: true, body: undefined },
    notModified: true,
  };
}

/** Offsets sort (PROTOCOL.md, section 6); only the two sentinels do not. */
export function goesBack(from: Offset, to: Offset): boolean {
  return from !== "-1" && from !== "now" && to < from;
}

function problem(answer: Answer, what: string): ProtocolError {
  return new ProtocolError(
    `This does not look like a durable stream: the answer to GET ${answer.url} ${what}.`,
    { url: answer.url, status: answer.status },
  );
}
