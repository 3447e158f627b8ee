import type { AbortSignalLike } from "@freshet/core";

/**
 * An `AbortController` and its signal in one, for the inside of this package. In Node, creating and
 * linking the platform's own took a fifth of the time of a short request.
 */
export class Interrupt implements AbortSignalLike {
  aborted: boolean = false;
  reason: unknown;
  #listeners: (() => void)[] = [];
  #controller: AbortController | undefined;

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
    this.#controller?.abort(reason);
  }

  /** A platform signal, for APIs that accept no other. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.aborted) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners.filter((each) => each !== listener);
  }
}

export function toAbortSignal(signal: AbortSignalLike): AbortSignal {
  return signal instanceof Interrupt ? signal.signal : (signal as AbortSignal);
}

/** Throws the reason of an aborted signal. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason;
}
