import type { Endpoint } from "../http/endpoint.ts";
import { FetchError } from "../errors.ts";
import { type AnySignal, Interrupt } from "../http/interrupt.ts";
import type { LiveMode } from "./live-mode.ts";
import type { Offset } from "../protocol/offset.ts";
import { goesBack } from "./page.ts";
import { isJson, mediaType } from "../protocol/headers.ts";
import type { Segment } from "./segment.ts";
import type { SseBatch } from "./sse-batches.ts";
import { SseConnection } from "./sse-connection.ts";

export interface SseFeedOptions {
  /** The longest silence, in milliseconds. */
  readonly liveTimeoutMs: number;
  /** The longest wait for the answer and its first control event, in milliseconds. */
  readonly sseFirstEventMs: number;
}

/** Where the reader is. */
export interface SseFeedState {
  readonly offset: Offset;
  readonly cursor: string | undefined;
  readonly contentType: string | undefined;
  /** End the connection, and only the connection. */
  readonly signals: readonly AnySignal[];
}

// What a server or a proxy may say to a request for SSE that a plain GET would not get.
const refusals = new Set([400, 405, 406, 411, 415, 426, 501, 505]);

/** Segments over SSE, one connection at a time. Tells the LiveMode what SSE is worth here. */
export class SseFeed {
  readonly #endpoint: Endpoint;
  readonly #mode: LiveMode;
  readonly #options: SseFeedOptions;
  #connection: SseConnection | undefined;
  #wasUseful: boolean = false;

  constructor(endpoint: Endpoint, mode: LiveMode, options: SseFeedOptions) {
    this.#endpoint = endpoint;
    this.#mode = mode;
    this.#options = options;
  }

  /**
   * The next segment, or `undefined` when the connection ended and it is to be decided anew how to
   * go on. Errors are those of a connection that broke.
   */
  async next(state: SseFeedState): Promise<Segment | undefined> {
    let batch: SseBatch | undefined;
    try {
      batch = await (this.#connection ? this.#connection.next() : this.#open(state));
    } catch (error) {
      if (!this.#connection) this.#mode.sseEnded(0, 0, false);
      if (!(error instanceof FetchError) || !refusals.has(error.status ?? 0)) throw error;
      this.#mode.fallBack();
    }
    const connection = this.#connection;
    if (batch && connection && leadsOn(batch, state.offset)) {
      if (batch.data.length > 0) this.#wasUseful = true;
      return segmentOf(batch, state, connection);
    }
    await this.close();
    return undefined;
  }

  /** Ends the connection, and says what it was worth. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = undefined;
    const lifeMs = performance.now() - connection.openedAt;
    this.#mode.sseEnded(lifeMs, connection.batchCount, this.#wasUseful);
    this.#wasUseful = false;
    await connection.close();
  }

  /** Connects and waits for the first control event, which a server sends at once. */
  async #open(state: SseFeedState): Promise<SseBatch | undefined> {
    // A proxy that holds an answer back until it is whole lets nothing of one through that has no end.
    const heldBack = new Interrupt();
    const timer = setTimeout(() => {
      heldBack.abort(heldBack);
    }, this.#options.sseFirstEventMs);
    try {
      this.#connection = await SseConnection.open(this.#endpoint, {
        offset: state.offset,
        cursor: state.cursor,
        signals: [...state.signals, heldBack],
        timeoutMs: this.#options.liveTimeoutMs,
      });
      if (!this.#connection) this.#mode.fallBack();
      return await this.#connection?.next();
    } catch (error) {
      if (error !== heldBack) throw error;
      this.#mode.fallBack();
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Data that leads nowhere, or back, would come again and again. */
function leadsOn(batch: SseBatch, offset: Offset): boolean {
  const isRepeated = batch.data.length > 0 && batch.nextOffset === offset;
  return !isRepeated && !goesBack(offset, batch.nextOffset);
}

function segmentOf(batch: SseBatch, state: SseFeedState, connection: SseConnection): Segment {
  const type = state.contentType;
  // Where CORS hides the header, the content type says the same (PROTOCOL.md, section 5.7).
  const isBinary = type !== undefined && !isJson(type) && !mediaType(type).startsWith("text/");
  return {
    start: state.offset,
    next: batch.nextOffset,
    upToDate: batch.upToDate,
    closed: batch.closed,
    cursor: batch.cursor,
    contentType: type,
    body: undefined,
    events: batch.data,
    isBase64: connection.isBase64 || isBinary,
  };
}
