import { abortable } from "@freshet/core";
import { isJson } from "../protocol/headers.ts";

/** PROTOCOL.md, section 5.1: the type of a stream that was created without one. */
export const unknownType = "application/octet-stream";

/** A stream's content type, stated by the caller or requested from the server. */
export class ContentType {
  /** Requests the stream's metadata and sets `value` if they contain a content type. */
  readonly #requestHead: (maxRetries: number | undefined) => Promise<unknown>;
  #value: string | undefined;
  #isJson: boolean = false;
  #resolving: Promise<string> | undefined;

  constructor(
    value: string | undefined,
    requestHead: (maxRetries: number | undefined) => Promise<unknown>,
  ) {
    this.value = value;
    this.#requestHead = requestHead;
  }

  get value(): string | undefined {
    return this.#value;
  }

  set value(value: string | undefined) {
    this.#value = value;
    this.#isJson = isJson(value);
  }

  get isJson(): boolean {
    return this.#isJson;
  }

  /** Whether writes wait for it. */
  get isAwaited(): boolean {
    return this.#resolving !== undefined;
  }

  /**
   * A promise that a write waits for before it can be encoded; `undefined` if the content type is known.
   * All waiting writes share one request; the next write after a failed one starts another. A write that
   * comes while others still wait also waits, so that writes keep their order.
   */
  resolve(): Promise<unknown> | undefined {
    if (this.#value !== undefined && !this.#resolving) return undefined;
    if (!this.#resolving) {
      this.#resolving = this.request();
      const forget = () => {
        this.#resolving = undefined;
      };
      this.#resolving.then(forget, forget);
    }
    return this.#resolving;
  }

  /** Requests it from the server. */
  async request(maxRetries?: number): Promise<string> {
    await this.#requestHead(maxRetries);
    this.value ??= unknownType;
    return this.value;
  }
}

/** Adds a write after those that wait already; an abort of `signal` ends the wait. */
export function inTurn<T>(
  resolving: Promise<unknown>,
  add: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  // Not abortable(resolving): writes without a signal would overtake those that have one.
  const added = resolving.then(add);
  return signal ? abortable(added, signal) : added;
}
