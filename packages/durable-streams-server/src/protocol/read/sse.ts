/**
 * Server-Sent Events: a data event a page, a control event after each.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.8)
 */
import { HttpError, type ExchangeAnswer, type ExchangeRequest } from "../../http/exchange.ts";
import type { Waiter } from "./live-readers.ts";
import { isText } from "../../wire/content-type.ts";
import type { ProtocolContext } from "../context.ts";
import { laterCursor, nextCursor } from "./cursor.ts";
import { touchInterval } from "./long-poll.ts";
import { expectPage, readPage, touchIfDue, type Page, type ReadStart } from "./page.ts";
import { SseFrames } from "./sse-frames.ts";

/** How long a silent connection goes without a control event, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;

export async function serverSentEvents(
  context: ProtocolContext,
  request: ExchangeRequest,
  path: string,
  start: ReadStart,
): Promise<ExchangeAnswer> {
  const waiter = context.waitingRoom.enter(path);
  try {
    const first = await readPage(context, path, start.position);
    const encoding = isText(first.stream.contentType)
      ? undefined
      : { "stream-sse-data-encoding": "base64" };
    return {
      status: 200,
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        ...encoding,
      },
      body: new EventBody(context, request, waiter, path, first),
    };
  } catch (error) {
    waiter.leave();
    throw error;
  }
}

/**
 * The body of one SSE answer. It makes a chunk when it is asked for one, so that a slow reader holds
 * one page and not a queue; and gives its place back however it ends.
 */
class EventBody implements AsyncIterableIterator<Uint8Array> {
  readonly #context: ProtocolContext;
  readonly #waiter: Waiter;
  readonly #path: string;
  readonly #frames: SseFrames;
  #cursor: string;
  readonly #cancelled = new AbortController();
  readonly #ends: number;
  #page: Page | undefined;
  #last: Page;
  #isDone = false;

  constructor(
    context: ProtocolContext,
    request: ExchangeRequest,
    waiter: Waiter,
    path: string,
    first: Page,
  ) {
    this.#context = context;
    this.#waiter = waiter;
    this.#path = path;
    this.#page = first;
    this.#last = first;
    this.#frames = new SseFrames(first.stream.contentType);
    this.#cursor = nextCursor(request.url.searchParams.get("cursor"));
    this.#ends = performance.now() + context.sseMaxAgeMs;
    request.signal.addEventListener("abort", () => void this.return(), { once: true });
    if (request.signal.aborted) void this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isDone) return { done: true, value: undefined };
    try {
      const page = this.#page ?? (await this.#nextPage());
      this.#page = undefined;
      // Left or deleted while it waited: the client's next request learns which.
      if (!page) return await this.return();
      this.#last = page;
      if (page.upToDate && page.stream.closed) this.#finish();
      const isLast = this.#waiter.isEnding || performance.now() >= this.#ends;
      if (isLast) this.#finish();
      this.#cursor = laterCursor(this.#cursor, nextCursor(null));
      return { done: false, value: this.#frames.page(page, this.#cursor) };
    } catch (err) {
      this.#finish();
      this.#context.logger?.error({ err, path: this.#path }, "A live read failed and was cut off");
      throw err;
    }
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#finish();
    this.#cancelled.abort();
    return Promise.resolve({ done: true, value: undefined });
  }

  #finish(): void {
    this.#isDone = true;
    this.#waiter.leave();
  }

  async #nextPage(): Promise<Page | undefined> {
    const waitMs = Math.min(
      KEEP_ALIVE_MS,
      touchInterval(this.#last),
      Math.max(this.#ends - performance.now(), 0),
    );
    if (this.#last.upToDate) {
      const reason = await this.#waiter.wait(waitMs, this.#cancelled.signal);
      if (reason === "aborted") return undefined;
    }
    const position = this.#last.end;
    const maxBytes = this.#context.pageBytes;
    try {
      const page = expectPage(await this.#waiter.read({ path: this.#path, position, maxBytes }));
      await touchIfDue(this.#context, this.#path, page.stream);
      return page;
    } catch (error) {
      if (error instanceof HttpError) return undefined;
      throw error;
    }
  }
}
