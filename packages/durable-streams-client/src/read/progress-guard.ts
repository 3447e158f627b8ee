import { backoffDelayMs } from "@freshet/core";
import type { Endpoint } from "../http/endpoint.ts";
import { ProtocolError } from "../errors.ts";
import type { Retry } from "../http/retry.ts";

/** Answers without progress that are borne before the ProtocolError, where the caller allows more. */
const maxStuck = 5;
/** A live answer without data that came sooner than this was not waited for, in milliseconds. */
const fastMs = 100;
/** A server that waits at all waits longer than this, in milliseconds. */
const waitedMs = 1000;

/** Sees to it that answers which lead nowhere are asked for slowly, and not for ever. */
export class ProgressGuard {
  readonly #endpoint: Endpoint;
  readonly #retry: Retry;
  #stuck: number = 0;
  #fast: number = 0;

  constructor(endpoint: Endpoint, retry: Retry) {
    this.#endpoint = endpoint;
    this.#retry = retry;
  }

  /** Data came. */
  progress(): void {
    this.#stuck = 0;
    this.#fast = 0;
  }

  /** Waits before the next try, or throws the problem once there were too many of its kind. */
  async stuck(problem: ProtocolError): Promise<void> {
    const { backoff } = this.#endpoint;
    if (this.#stuck >= Math.min(maxStuck, backoff.maxRetries)) throw problem;
    await this.#retry.wait(backoffDelayMs(this.#stuck++, backoff));
  }

  /**
   * A live request brought no data. Servers make their cursor go on with every answer (PROTOCOL.md,
   * section 8.1), so the same cursor again, at once, is a cache's doing.
   */
  async liveNothing(elapsedMs: number, hasNewCursor: boolean): Promise<void> {
    if (!hasNewCursor && elapsedMs < waitedMs) {
      const url = this.#endpoint.url.href;
      await this.stuck(
        new ProtocolError(
          `GET ${url}: live requests end at once without data and without a new Stream-Cursor, so the server itself does not answer them.`,
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
