/** The longest wait of a timer, in milliseconds: 24.8 days. One that is asked for more fires immediately. */
export const maxTimerMs: number = 2 ** 31 - 1;

/**
 * Waits `ms` milliseconds, however many. An abort rejects immediately with the signal's own reason and
 * leaves no timer and no listener behind.
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    let left = ms;
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      const step = Math.min(left, maxTimerMs);
      left -= step;
      timer = setTimeout(left > 0 ? wait : end, step);
    };
    const end = () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    wait();
  });
}

/**
 * Calls `onSilence` when a wait lasts longer than a limit. It has one timer for many waits, which is set
 * again only when it fires: {@link SilenceTimer.start} and {@link SilenceTimer.stop} cost next to nothing.
 */
export class SilenceTimer {
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #isWaiting = false;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param limitMs - `undefined`, Infinity and whatever a timer cannot wait for are no limit */
  constructor(limitMs: number | undefined, onSilence: () => void) {
    this.#limitMs = limitMs ?? Infinity;
    this.#onSilence = onSilence;
  }

  /** A wait begins, or begins anew. */
  start(): void {
    if (this.#limitMs > maxTimerMs) return;
    this.#isWaiting = true;
    this.#since = performance.now();
    this.#timer ??= setTimeout(this.#onTimer, this.#limitMs);
  }

  /** What was waited for has come. */
  stop(): void {
    this.#isWaiting = false;
  }

  /** Leaves no timer behind. */
  close(): void {
    this.#isWaiting = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (!this.#isWaiting) return;
    const left = this.#since + this.#limitMs - performance.now();
    if (left > 0) {
      this.#timer = setTimeout(this.#onTimer, left);
      return;
    }
    this.#isWaiting = false;
    this.#onSilence();
  };
}
