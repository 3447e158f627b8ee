import { backoffDelayMs } from "@freshet/core";
import { ProtocolError } from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";
import type { Retry } from "../http/retry.ts";

/** The most responses in a row without progress, even where the caller allows more retries. */
const maxStuck = 5;
/** A live response without data that came sooner than this did not wait for data, in milliseconds. */
const fastMs = 100;
/** A server that waits for data waits longer than this, in milliseconds. */
const waitedMs = 1000;

/** Slows down requests whose responses bring no progress, and ends them with a ProtocolError. */
export class ProgressGuard {
  readonly #endpoint: Endpoint;
  readonly #retry: Retry;
  #stuck: number = 0;
  #fast: number = 0;

  constructor(endpoint: Endpoint, retry: Retry) {
    this.#endpoint = endpoint;
    this.#retry = retry;
  }

  /** Call this when data arrived. */
  progress(): void {
    this.#stuck = 0;
    this.#fast = 0;
  }

  /** Waits before the next attempt, or throws the problem after too many in a row. */
  async stuck(problem: ProtocolError): Promise<void> {
    const { retry } = this.#endpoint;
    if (this.#stuck >= Math.min(maxStuck, retry.maxRetries)) throw problem;
    const waitMs = backoffDelayMs(this.#stuck++, retry);
    this.#retry.report(problem, this.#stuck);
    await this.#retry.wait(waitMs);
  }

  /**
   * Waits after a live response without data, if it came fast. Servers advance their cursor with every
   * response (PROTOCOL.md, section 8.1), so an immediate response with the same cursor is a cache's.
   */
  async liveNothing(elapsedMs: number, hasNewCursor: boolean): Promise<void> {
    if (!hasNewCursor && elapsedMs < waitedMs) {
      const url = this.#endpoint.shownUrl;
      await this.stuck(
        new ProtocolError(
          `GET ${url}: live requests end immediately without data and without a new Stream-Cursor: is a cache in between?`,
          { url },
        ),
      );
      return;
    }
    this.#stuck = 0;
    this.#fast = elapsedMs < fastMs ? this.#fast + 1 : 0;
    if (this.#fast > 1) await this.#retry.wait(Math.min(1000, 5 * 2 ** this.#fast));
  }
}
