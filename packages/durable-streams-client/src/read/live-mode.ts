import { isJson } from "../protocol/headers.ts";

/** How to follow a stream: not at all, by what works best, or by one way. */
export type Live = false | "auto" | "long-poll" | "sse";

/** A connection that ended sooner than this, in milliseconds, was cut rather than closed. */
const shortLifeMs = 1000;
/** How long to leave SSE alone after that, in milliseconds. */
const avoidSseMs = 60_000;
/** So many SSE connections in a row that were of no use, and long-poll takes over. */
const maxUseless = 3;

/**
 * Chooses between SSE and long-poll (docs/decisions/040-live-modes.md).
 *
 * "auto" takes SSE for JSON alone: SSE turns every line end of a text into LF and carries binary data
 * as base64, so long-poll is exact for the one and cheaper for the other.
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

  /** SSE does not work here: a proxy holds it back, or the server does not have it. */
  fallBack(forMs: number = Infinity): void {
    this.#avoidSseUntil = performance.now() + forMs;
  }

  /** An SSE connection is over; `wasUseful` if it brought data. */
  sseEnded(lifeMs: number, batchCount: number, wasUseful: boolean): void {
    const useless = batchCount === 0 || (lifeMs < shortLifeMs && !wasUseful);
    this.#useless = useless ? this.#useless + 1 : 0;
    // An outage looks the same as a proxy that cuts SSE: so this is not for ever.
    if (this.#useless >= maxUseless) this.fallBack(avoidSseMs);
  }
}
