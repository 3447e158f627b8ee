import type { Endpoint } from "../http/endpoint.ts";

/** Sends after a short wait, in which more values may come; an abort of the endpoint ends the wait. */
export class SendTimer {
  readonly #endpoint: Endpoint;
  readonly #lingerMs: number;
  readonly #send: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isScheduled: boolean = false;

  /** @param lingerMs - how long to wait; 0 is until the running task ends */
  constructor(endpoint: Endpoint, lingerMs: number, send: () => void) {
    this.#endpoint = endpoint;
    this.#lingerMs = lingerMs;
    this.#send = send;
  }

  start(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (this.#lingerMs === 0) {
      queueMicrotask(this.#send);
      return;
    }
    this.#timer = setTimeout(this.#send, this.#lingerMs);
    // An abort fails the producer immediately, and leaves no timer.
    for (const signal of this.#endpoint.signals) signal.addEventListener("abort", this.#send);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#endpoint.signals) signal.removeEventListener("abort", this.#send);
    this.#timer = undefined;
    this.#isScheduled = false;
  }
}
