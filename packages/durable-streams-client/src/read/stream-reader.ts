import type { AbortSignalLike } from "@freshet/core";
import { ProtocolError } from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { Interrupt } from "../http/interrupt.ts";
import { Retry } from "../http/retry.ts";
import type { Offset, Position } from "../protocol/offset.ts";
import { type Live, LiveMode } from "./live-mode.ts";
import { LiveWatch } from "./live-watch.ts";
import { requestPage } from "./page.ts";
import { ProgressGuard } from "./progress-guard.ts";
import type { Segment } from "./segment.ts";
import { SseFeed, type SseFeedOptions } from "./sse-feed.ts";
import { type StatusListener, StatusReporter } from "./stream-status.ts";

export interface ReaderOptions extends SseFeedOptions {
  readonly position: Position;
  readonly live: Live;
  readonly catchUp: boolean;
  readonly etag: string | undefined;
  readonly pauseWhenHidden: boolean;
  readonly contentType: string | undefined;
  readonly onStatus: StatusListener | undefined;
}

/** Ends a request whose connection may be dead; the next request starts immediately. */
const reconnect = new Error("The connection may be dead: a new one is made.");

function ignoreEnd(): void {
  // Nobody waits for the end.
}

/**
 * Reads a stream's data as one segment after the other, across any number of requests and faults.
 * The caller reports how much of a segment it has consumed (`advance`, `finish`); after a fault
 * reading continues exactly there.
 */
export class StreamReader {
  readonly #endpoint: Endpoint;
  readonly #options: ReaderOptions;
  readonly #cancel = new Interrupt();
  readonly #retry: Retry;
  readonly #guard: ProgressGuard;
  readonly #mode: LiveMode;
  readonly #sse: SseFeed;
  readonly #watch: LiveWatch;
  readonly #status: StatusReporter;
  /** Ends the current request; replaced once it has aborted. */
  #attempt = new Interrupt();
  #pending: Segment | undefined;
  /** The tail was reached by plain GETs: live requests follow. */
  #caughtUp: boolean;
  #offset: Offset;
  #skip: number;
  #cursor: string | undefined;
  #over: boolean = false;
  /** The last response reached the tail, and live requests follow it. */
  #isFollowing: boolean = false;
  #settleEnded: (failure: { error: unknown } | undefined) => void = ignoreEnd;
  #ended: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  contentType: string | undefined;
  /** The ETag of the last page. */
  etag: string | undefined;
  notModified: boolean = false;

  constructor(endpoint: Endpoint, options: ReaderOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#status = new StatusReporter(options.onStatus);
    this.#retry = new Retry(endpoint, this.#cancel, this.#status.retrying);
    this.#guard = new ProgressGuard(endpoint, this.#retry);
    this.#mode = new LiveMode(options.live);
    this.#sse = new SseFeed(endpoint, this.#mode, options);
    this.#watch = new LiveWatch(options.pauseWhenHidden, () => {
      this.#attempt.abort(reconnect);
    });
    this.#offset = options.position.offset;
    this.#skip = options.position.skip;
    this.contentType = options.contentType;
    // A position inside a batch counts from the start of a page, and only a plain GET resolves "now".
    this.#caughtUp = !options.catchUp && options.live !== false && this.#offset !== "now";
  }

  get url(): string {
    return this.#endpoint.url.href;
  }

  /** The URL for errors and logs. */
  get shownUrl(): string {
    return this.#endpoint.shownUrl;
  }

  /** Where reading begins; "now" becomes a real offset with the first response. */
  get startOffset(): Offset {
    return this.#pending?.start ?? this.#offset;
  }

  /** How many units after the segment's start were already delivered. */
  get skip(): number {
    return this.#skip;
  }

  /** False once it was cancelled or a signal aborted: nothing more is delivered then. */
  get isRunning(): boolean {
    return !this.#isCancelled() && !this.#endpoint.isAborted;
  }

  throwIfAborted(): void {
    for (const signal of this.#endpoint.signals) signal.throwIfAborted();
  }

  /** Waits for the first response; its errors are those of `stream()` itself. */
  async connect(): Promise<void> {
    this.#pending = await this.#next();
    if (!this.#endpoint.hasRetryLimit && this.#options.live !== false) {
      // The stream exists, so a live session outlasts any outage unless the caller set a limit.
      this.#retry.maxRetries = Infinity;
    }
  }

  /** Makes the retries finite again, for a caller that waits for the tail and sees nothing before it. */
  limitRetries(): void {
    this.#retry.maxRetries = this.#endpoint.retry.maxRetries;
  }

  /** The next segment, or `undefined` at the end. */
  async next(): Promise<Segment | undefined> {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending ?? this.#next();
  }

  /** Reports that the first `count` units of the current segment were consumed. */
  advance(count: number): void {
    if (count <= this.#skip) return;
    this.#skip = count;
    this.#progress();
  }

  /** Reports that the whole segment of `count` units was consumed. */
  finish(segment: Segment, count: number): void {
    const left = this.#skip - count;
    if (left > 0 && segment.upToDate) {
      throw new ProtocolError(
        `GET ${this.shownUrl}: the position to read from lies ${left} units beyond the end of the stream: read from "-1" or "now".`,
        { url: this.shownUrl },
      );
    }
    this.#skip = Math.max(0, left);
    this.#offset = segment.next;
    this.#cursor = segment.cursor ?? this.#cursor;
    // Another page follows one that is not the last; an SSE response continues by itself.
    if (segment.body || segment.upToDate) this.#caughtUp = segment.upToDate;
    this.#over = segment.closed || (segment.upToDate && this.#options.live === false);
    if (count > 0) this.#progress();
    else this.#retry.progress();
  }

  /** Returns when reading can continue after this error; otherwise throws it. */
  async recover(error: unknown): Promise<void> {
    this.#isFollowing = false;
    await this.#sse.close();
    if (this.#isCancelled() || (error === reconnect && !this.#endpoint.isAborted)) return;
    try {
      await this.#retry.recover(error);
    } catch (final) {
      if (!this.#isCancelled()) throw final;
    }
  }

  /** Settles when the reading has ended; rejects with the error that ended it. */
  get ended(): Promise<void> {
    this.#ended ??= new Promise((resolve, reject) => {
      this.#settleEnded = (failure) => {
        if (failure) reject(failure.error);
        else resolve();
      };
      if (this.#isCancelled()) this.#settleEnded(this.#failure);
    });
    return this.#ended;
  }

  /**
   * Ends everything: pending calls end without an error, and no socket and no timer stays.
   *
   * @param failure - has the error that ended the reading, if one did
   */
  close(failure?: { error: unknown }): void {
    if (!this.#isCancelled()) {
      const signal = this.#endpoint.signals.find(({ aborted }) => aborted);
      this.#failure = failure ?? (signal && { error: signal.reason });
      this.#settleEnded(this.#failure);
    }
    this.#over = true;
    this.#pending = undefined;
    this.#watch.stop();
    this.#cancel.abort(reconnect);
    this.#attempt.abort(reconnect);
    this.#sse.close().catch(() => {
      // The connection is gone either way, and nothing waits for it.
    });
  }

  /** Nothing was read yet. The caller's ETag is valid here and nowhere else. */
  get #isAtStart(): boolean {
    return this.#skip === 0 && this.#offset === this.#options.position.offset;
  }

  /** A cancelled reader ends without an error, whatever it was waiting for. */
  #isCancelled(): boolean {
    return this.#cancel.aborted;
  }

  #progress(): void {
    this.#retry.progress();
    this.#guard.progress();
  }

  async #next(): Promise<Segment | undefined> {
    for (;;) {
      if (this.#over) return undefined;
      try {
        const segment = await this.#request();
        if (segment) return segment;
      } catch (error) {
        await this.recover(error);
      }
    }
  }

  async #request(): Promise<Segment | undefined> {
    if (!this.#isFollowing) this.#status.connecting();
    const segment = await this.#requestSegment();
    if (segment) this.#isFollowing = this.#options.live !== false && segment.upToDate;
    if (this.#isFollowing) this.#status.live();
    return segment;
  }

  async #requestSegment(): Promise<Segment | undefined> {
    if (!this.#caughtUp || this.#skip > 0) return this.#requestPage(undefined);
    await this.#watch.whenVisible(this.#cancel);
    this.#watch.start();
    try {
      return this.#mode.choose(this.contentType) === "sse"
        ? await this.#nextSse()
        : await this.#requestPage("long-poll");
    } finally {
      this.#watch.stop();
    }
  }

  async #requestPage(live: "long-poll" | undefined): Promise<Segment | undefined> {
    const startedAt = performance.now();
    const result = await requestPage(this.#endpoint, {
      offset: this.#offset,
      live,
      cursor: this.#cursor,
      etag: this.#isAtStart && !live ? this.#options.etag : undefined,
      signals: [this.#attemptSignal()],
      timeoutMs: live && this.#options.liveTimeoutMs,
    });
    if (result.kind === "no-progress") {
      await this.#guard.stuck(result.problem);
      return undefined;
    }
    const { segment } = result;
    this.contentType = segment.contentType ?? this.contentType;
    if (result.kind === "page") {
      this.etag = result.etag;
    } else {
      this.notModified = result.notModified;
      if (live && !segment.closed) {
        const hasNewCursor = segment.cursor !== this.#cursor;
        await this.#guard.liveNothing(performance.now() - startedAt, hasNewCursor);
      }
    }
    return segment;
  }

  async #nextSse(): Promise<Segment | undefined> {
    const startedAt = performance.now();
    const segment = await this.#sse.next({
      offset: this.#offset,
      cursor: this.#cursor,
      contentType: this.contentType,
      signals: [this.#attemptSignal()],
    });
    if (!segment) await this.#guard.liveNothing(performance.now() - startedAt, true);
    return segment;
  }

  #attemptSignal(): AbortSignalLike {
    if (this.#attempt.aborted && !this.#isCancelled()) this.#attempt = new Interrupt();
    return this.#attempt;
  }
}
