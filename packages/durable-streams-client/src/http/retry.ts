import {
  abortable,
  type AbortSignalLike,
  backoffDelayMs,
  delay,
  linkedAbort,
  retryDelayMs,
} from "@freshet/core";
import { DurableStreamError, FetchError, isRetryable, withFacts } from "../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { throwIfAborted, toAbortSignal } from "./interrupt.ts";

/** Called before the wait for a retry; `attempt` is 1 for the first retry in a row. */
export type RetryListener = (error: unknown, attempt: number) => void;

/**
 * Decides after each error whether to retry, and waits. Each operation has its own; `progress()`
 * forgets the failures so far.
 */
export class Retry {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignalLike | undefined;
  readonly #onRetry: RetryListener | undefined;
  maxRetries: number;
  #failures: number = 0;
  /** Recoveries by `onError` without progress in between; each waits longer, without a limit. */
  #recoveries: number = 0;

  constructor(endpoint: Endpoint, signal: AbortSignalLike | undefined, onRetry?: RetryListener) {
    this.#endpoint = endpoint;
    this.#signal = signal;
    this.#onRetry = onRetry;
    this.maxRetries = endpoint.retry.maxRetries;
  }

  progress(): void {
    this.#failures = 0;
    this.#recoveries = 0;
  }

  /** Returns when it is time to retry; throws `error`, or an abort's reason, if there is no retry. */
  async recover(error: unknown, retryable: boolean = isRetryable(error)): Promise<void> {
    for (const signal of this.#endpoint.signals) signal.throwIfAborted();
    throwIfAborted(this.#signal);
    let failure = error;
    if (retryable && this.#failures < this.maxRetries) {
      const { retry } = this.#endpoint;
      const retryAfterMs = error instanceof FetchError ? error.retryAfterMs : undefined;
      const waitMs = retryDelayMs(this.#failures, retry, retryAfterMs);
      if (waitMs !== undefined) {
        this.report(error, ++this.#failures);
        // Where retries do not end, the handler is called once the usual number of them has failed.
        if (this.#failures > retry.maxRetries && error instanceof DurableStreamError) {
          await this.#callHandler(error);
        }
        await this.wait(waitMs);
        return;
      }
      failure = tooLongToWait(error as FetchError, retry.maxRetryAfterMs);
    }
    if (!(failure instanceof DurableStreamError) || !(await this.#callHandler(failure))) {
      throw failure;
    }
    const count = this.#recoveries++;
    this.report(failure, count + 1);
    if (count > 0) await this.wait(backoffDelayMs(count - 1, this.#endpoint.retry));
  }

  /** Reports an attempt that brought nothing and is repeated. */
  report(error: unknown, attempt: number): void {
    this.#onRetry?.(error, attempt);
  }

  /** Waits; an abort of any signal ends it immediately. */
  wait(ms: number): Promise<void> {
    return this.#untilAborted((signal) => delay(ms, signal));
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

function tooLongToWait(error: FetchError, maxRetryAfterMs: number): FetchError {
  return withFacts(error, {
    message: `${error.message} (not retried: Retry-After is ${error.retryAfterMs ?? 0} ms, retry.maxRetryAfterMs ${maxRetryAfterMs})`,
  });
}
