import type { AbortSignalLike } from "@freshet/core";

/** How often the clock is checked while live data is awaited, in milliseconds. */
const tickMs = 15_000;
/** A tick this late means that the machine slept: a background tab delays timers by a minute at most. */
const sleptMs = 60_000;

/** The part of a `Document` that is used here; the types of this package do not assume a browser. */
interface Page {
  readonly hidden: boolean;
  addEventListener(type: "visibilitychange", listener: () => void): void;
  removeEventListener(type: "visibilitychange", listener: () => void): void;
}

const page = (globalThis as { document?: Page }).document;

/**
 * Watches, while live data is awaited, for signs that the connection is likely dead without an error:
 * the machine slept, or (as an option) the page is hidden and should not hold a connection.
 */
export class LiveWatch {
  readonly #onInterrupt: () => void;
  readonly #pauseWhenHidden: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastTick: number = 0;

  constructor(pauseWhenHidden: boolean, onInterrupt: () => void) {
    this.#pauseWhenHidden = pauseWhenHidden && page !== undefined;
    this.#onInterrupt = onInterrupt;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#lastTick = Date.now();
    this.#timer = setInterval(this.#tick, tickMs);
    if (this.#pauseWhenHidden) page?.addEventListener("visibilitychange", this.#onVisibility);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    page?.removeEventListener("visibilitychange", this.#onVisibility);
  }

  /** Waits while the page is hidden, if the caller wants no connection for hidden pages. */
  async whenVisible(signal: AbortSignalLike): Promise<void> {
    if (!this.#pauseWhenHidden || !page?.hidden || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        if (page.hidden && !signal.aborted) return;
        page.removeEventListener("visibilitychange", done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      page.addEventListener("visibilitychange", done);
      signal.addEventListener("abort", done);
    });
  }

  readonly #tick = (): void => {
    const now = Date.now();
    const slept = now - this.#lastTick > tickMs + sleptMs;
    this.#lastTick = now;
    if (slept) this.#onInterrupt();
  };

  readonly #onVisibility = (): void => {
    if (page?.hidden) this.#onInterrupt();
  };
}
