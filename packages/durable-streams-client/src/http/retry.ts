import { backoffDelayMs, delay, linkedAbort } from "@freshet/core";
import { abortable } from "./abortable.ts";
import type { Endpoint } from "./endpoint.ts";
import { DurableStreamError, FetchError, isRetryable } from "../errors.ts";
import { type AnySignal, toAbortSignal } from "./interrupt.ts";
import { maxWaitMs } from "./endpoint-options.ts";

/**
 * Decides after each error whether to retry, and waits. Each operation has its own; `progress()`
 * forgets the failures so far.
 */
export class Retry {
  readonly #endpoint: Endpoint;
  readonly #signal: AnySignal | undefined;
  maxRetries: number;
  #failures: number = 0;
  /** Recoveries by `onError` without progress in between; each waits longer, without a limit. */
  #recoveries: number = 0;

  constructor(endpoint: Endpoint, signal: AnySignal | undefined) {
    this.#endpoint = endpoint;
    this.#signal = signal;
    this.maxRetries = endpoint.backoff.maxRetries;
  }

  progress(): void {
    this.#failures = 0;
    this.#recoveries = 0;
  }

  /** Returns when it is time to retry; throws `error`, or an abort's reason, if there is no retry. */
  async recover(error: unknown, retryable: boolean = isRetryable(error)): Promise<void> {
    for (const signal of this.#endpoint.signals) signal.throwIfAborted();
    this.#signal?.throwIfAborted();
    if (retryable && this.#failures < this.maxRetries) {
      const asked = error instanceof FetchError ? (error.retryAfterMs ?? 0) : 0;
      const wait = backoffDelayMs(this.#failures, this.#endpoint.backoff);
      this.#failures++;
      // Never sooner than the server's Retry-After; jitter only adds.
      await this.wait(asked > 0 ? asked + wait : wait);
      return;
    }
    if (!(error instanceof DurableStreamError) || !(await this.#callHandler(error))) throw error;
    const wait = this.#recoveries++ === 0 ? 0 : this.#recoveries - 2;
    if (this.#recoveries > 1) await this.wait(backoffDelayMs(wait, this.#endpoint.backoff));
  }

  /** Waits; an abort of any signal ends it immediately. */
  wait(ms: number): Promise<void> {
    return this.#untilAborted((signal) => delay(Math.min(ms, maxWaitMs), signal));
  }

  async #untilAborted<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const either = linkedAbort(
      ...this.#endpoint.signals,
      this.#signal && toAbortSignal(this.#signal),
    );
    try {
      return await wait(either.signal);
    } finally {
      either.abort();
    }
  }

  async #callHandler(error: DurableStreamError): Promise<boolean> {
    const { onError } = this.#endpoint;
    if (!onError) return false;
    const recovery = await this.#untilAborted((signal) =>
      abortable(Promise.resolve(onError(error)), signal),
    );
    if (typeof recovery !== "object" || (recovery as unknown) === null) return false;
    this.#endpoint.apply(recovery);
    return true;
  }
}
