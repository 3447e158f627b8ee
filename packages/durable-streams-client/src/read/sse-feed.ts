import { type AbortSignalLike, mediaType, SilenceTimer } from "@freshet/core";
import { FetchError } from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { Interrupt } from "../http/interrupt.ts";
import { isJson } from "../protocol/headers.ts";
import type { Offset } from "../protocol/offset.ts";
import type { LiveMode } from "./live-mode.ts";
import { goesBack } from "./page.ts";
import type { Segment } from "./segment.ts";
import type { SseBatch } from "./sse-batches.ts";
import { SseConnection } from "./sse-connection.ts";

export interface SseFeedOptions {
  /** The longest silence, in milliseconds. */
  readonly liveTimeoutMs: number;
  /** The longest wait for the response and its first control event, in milliseconds. */
  readonly sseFirstEventMs: number;
}

/** Where the reader is. */
export interface SseFeedState {
  readonly offset: Offset;
  readonly cursor: string | undefined;
  readonly contentType: string | undefined;
  /** End the connection, but not the reading. */
  readonly signals: readonly AbortSignalLike[];
}

// Statuses with which a server or a proxy refuses SSE although it accepts a plain GET.
const refusals = new Set([400, 405, 406, 411, 415, 426, 501, 505]);

/** Reads segments over SSE, one connection at a time, and reports to the LiveMode how well it works. */
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
   * The next segment, or `undefined` when the connection ended and the caller has to choose the mode
   * again. Rejects with the error of a connection that broke.
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

  /** Ends the connection and reports whether it was useful. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = undefined;
    const lifeMs = performance.now() - connection.openedAt;
    this.#mode.sseEnded(lifeMs, connection.batchCount, this.#wasUseful);
    this.#wasUseful = false;
    await connection.close();
  }

  /** Connects and waits for the first control event, which a server sends immediately. */
  async #open(state: SseFeedState): Promise<SseBatch | undefined> {
    // A proxy that buffers whole responses lets nothing through of one that does not end.
    const heldBack = new Interrupt();
    const silence = new SilenceTimer(this.#options.sseFirstEventMs, () => {
      heldBack.abort(heldBack);
    });
    silence.start();
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
      silence.close();
    }
  }
}

/** Whether a batch makes progress; the data of one that does not would arrive again and again. */
function leadsOn(batch: SseBatch, offset: Offset): boolean {
  const isRepeated = batch.data.length > 0 && batch.nextOffset === offset;
  return !isRepeated && !goesBack(offset, batch.nextOffset);
}

function segmentOf(batch: SseBatch, state: SseFeedState, connection: SseConnection): Segment {
  const type = state.contentType;
  // Where CORS hides the header, the content type implies it (PROTOCOL.md, section 5.7).
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
