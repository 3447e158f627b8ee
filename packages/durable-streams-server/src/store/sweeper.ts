import { ignoreRejection } from "@freshet/core";

/**
 * The work of a sweep, in steps so small that writers never wait long behind one. Each resolves to
 * whether more of it may be left.
 */
export interface SweepSteps {
  /** Removes some of the streams that have expired. */
  expire(): Promise<boolean>;
  /** Frees some of the data of streams that were removed. */
  free(): Promise<boolean>;
}

/** Removes expired streams and frees the data of removed ones, in the background. */
export class Sweeper {
  readonly #steps: SweepSteps;
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sweeping: Promise<void> | undefined;
  #isStopped = false;

  constructor(steps: SweepSteps, intervalMs: number) {
    this.#steps = steps;
    this.#intervalMs = intervalMs;
  }

  /** Sweeps now and at every interval from now on. Only the first call has an effect. */
  start(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = setInterval(() => {
      this.sweep();
    }, this.#intervalMs);
    (this.#timer as { unref?: () => void }).unref?.();
    this.sweep();
  }

  /** Sweeps now, unless a sweep is under way. */
  sweep(): void {
    if (this.#isStopped) return;
    this.#sweeping ??= this.#sweepAll()
      // What fails now, on a full disk or without the database, is tried again at the next interval.
      .catch(ignoreRejection)
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  /** Resolves when the step that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #sweepAll(): Promise<void> {
    while (!this.#isStopped && (await this.#steps.expire()));
    while (!this.#isStopped && (await this.#steps.free()));
  }
}
