import { maxTimerMs } from "@freshet/core";
import type { ReadOutcome } from "../../store/store.ts";
import type { PositionedRead, SharedReads } from "./shared-reads.ts";

export type WakeReason = "changed" | "timeout" | "aborted" | "ended";

/** One reader at the tail of a stream. */
export class LiveReader {
  readonly #reads: SharedReads;
  readonly #isEnding: () => boolean;
  #onLeave: (() => void) | undefined;
  #seenVersion: number;
  #wake: ((reason: WakeReason) => void) | undefined;

  constructor(reads: SharedReads, isEnding: () => boolean, onLeave: () => void) {
    this.#reads = reads;
    this.#isEnding = isEnding;
    this.#onLeave = onLeave;
    this.#seenVersion = reads.version;
  }

  /** Whether the server is closing. */
  get isEnding(): boolean {
    return this.#isEnding();
  }

  /** Resolves immediately if the stream may have changed since the last read. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<WakeReason> {
    if (this.isEnding) return Promise.resolve("ended");
    if (signal.aborted) return Promise.resolve("aborted");
    if (this.#seenVersion !== this.#reads.version) return Promise.resolve("changed");
    return new Promise((resolve) => {
      const onAbort = () => this.wake("aborted");
      const timer =
        timeoutMs <= maxTimerMs ? setTimeout(() => this.wake("timeout"), timeoutMs) : undefined;
      this.#wake = (reason) => {
        this.#wake = undefined;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  wake(reason: WakeReason): void {
    this.#wake?.(reason);
  }

  /** Reads. Readers that were woken by the same change at the same position share one read. */
  read(request: PositionedRead): Promise<ReadOutcome> {
    // After a timeout without a change the store is read again: a hint may have been lost.
    if (this.#seenVersion === this.#reads.version) return this.#reads.unshared(request);
    this.#seenVersion = this.#reads.version;
    return this.#reads.shared(request);
  }

  leave(): void {
    this.#onLeave?.();
    this.#onLeave = undefined;
  }
}
