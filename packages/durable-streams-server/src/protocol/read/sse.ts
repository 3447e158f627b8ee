/**
 * Server-sent events: one data event per page, each followed by a control event.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.8)
 */
import type { ExchangeRequest, ExchangeResponse } from "../../http/exchange.ts";
import { HttpError } from "../../http/http-error.ts";
import { isText } from "../../wire/content-type.ts";
import { laterCursor, nextCursor } from "./cursor.ts";
import type { LiveReader } from "./live-reader.ts";
import { touchInterval } from "./long-poll.ts";
import { expectPage, readPage, touchIfDue, type Page, type ReadStart } from "./page.ts";
import type { ReadContext } from "./read-context.ts";
import { SseFrames } from "./sse-frames.ts";

/** How often a silent connection gets a control event, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;

export async function serverSentEvents(
  context: ReadContext,
  request: ExchangeRequest,
  path: string,
  start: ReadStart,
): Promise<ExchangeResponse> {
  const reader = context.liveReaders.join(path);
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
      body: new EventBody(context, request, reader, path, first),
    };
  } catch (error) {
    reader.leave();
    throw error;
  }
}

/**
 * The body of one SSE response. It makes each chunk on request, so that a slow reader holds one page
 * and not a queue, and it leaves the live readers however it ends.
 */
class EventBody implements AsyncIterableIterator<Uint8Array> {
  readonly #context: ReadContext;
  readonly #reader: LiveReader;
  readonly #path: string;
  readonly #frames: SseFrames;
  #cursor: string;
  readonly #cancelled = new AbortController();
  readonly #endsAt: number;
  #page: Page | undefined;
  #last: Page;
  #isDone = false;

  constructor(
    context: ReadContext,
    request: ExchangeRequest,
    reader: LiveReader,
    path: string,
    first: Page,
  ) {
    this.#context = context;
    this.#reader = reader;
    this.#path = path;
    this.#page = first;
    this.#last = first;
    this.#frames = new SseFrames(first.stream.contentType);
    this.#cursor = nextCursor(request.url.searchParams.get("cursor"));
    this.#endsAt = performance.now() + context.sseMaxAgeMs;
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
      // The client left, or the stream was deleted: the client's next request tells.
      if (!page) return await this.return();
      this.#last = page;
      if (page.upToDate && page.stream.closed) this.#finish();
      const isLast = this.#reader.isEnding || performance.now() >= this.#endsAt;
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
    this.#reader.leave();
  }

  async #nextPage(): Promise<Page | undefined> {
    const waitMs = Math.min(
      KEEP_ALIVE_MS,
      touchInterval(this.#last),
      Math.max(this.#endsAt - performance.now(), 0),
    );
    if (this.#last.upToDate) {
      const reason = await this.#reader.wait(waitMs, this.#cancelled.signal);
      if (reason === "aborted") return undefined;
    }
    const position = this.#last.end;
    const maxBytes = this.#context.pageBytes;
    try {
      const page = expectPage(await this.#reader.read({ path: this.#path, position, maxBytes }));
      await touchIfDue(this.#context, this.#path, page);
      return page;
    } catch (error) {
      if (error instanceof HttpError) return undefined;
      throw error;
    }
  }
}
