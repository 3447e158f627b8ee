import { isJson } from "../protocol/headers.ts";

/** How to follow a stream: not at all, by whatever works best (true or "auto"), or by one transport only. */
export type Live = boolean | "auto" | "long-poll" | "sse";

/** A connection that ended sooner than this, in milliseconds, was cut rather than closed. */
const shortLifeMs = 1000;
/** How long SSE is avoided after useless connections, in milliseconds. */
const avoidSseMs = 60_000;
/** After this many useless SSE connections in a row long-poll takes over. */
const maxUseless = 3;

/**
 * Chooses between SSE and long-poll (docs/decisions/040-live-modes.md).
 *
 * "auto" uses SSE for JSON only. SSE turns every line end of a text into LF and carries binary data as
 * base64, so long-poll is exact for text and cheaper for binary data.
 */
export class LiveMode {
  readonly #requested: Live;
  #useless: number = 0;
  #avoidSseUntil: number = 0;

  constructor(requested: Live) {
    this.#requested = requested;
  }

  choose(contentType: string | undefined): "sse" | "long-poll" {
    if (this.#requested === "long-poll" || performance.now() < this.#avoidSseUntil) {
      return "long-poll";
    }
    return this.#requested === "sse" || isJson(contentType) ? "sse" : "long-poll";
  }

  /** Call this when SSE does not work: a proxy holds it back, or the server does not support it. */
  fallBack(forMs: number = Infinity): void {
    this.#avoidSseUntil = performance.now() + forMs;
  }

  /** Call this when an SSE connection has ended; `wasUseful` if it brought data. */
  sseEnded(lifeMs: number, batchCount: number, wasUseful: boolean): void {
    const useless = batchCount === 0 || (lifeMs < shortLifeMs && !wasUseful);
    this.#useless = useless ? this.#useless + 1 : 0;
    // An outage looks the same as a proxy that cuts SSE, so SSE is tried again later.
    if (this.#useless >= maxUseless) this.fallBack(avoidSseMs);
  }
}
