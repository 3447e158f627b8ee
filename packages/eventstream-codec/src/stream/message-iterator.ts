import { addAsyncDispose, type OpenByteSource } from "@freshet/core";
import type { EventStreamMessage } from "../frame/frame.ts";
import type { DecoderOptions } from "../options.ts";
import { MessageDecoder } from "./message-decoder.ts";

type Result = IteratorResult<EventStreamMessage, undefined>;

const nothing: Promise<Result> = /* @__PURE__ */ Promise.resolve({ done: true, value: undefined });

/**
 * What `async function*` would be, but for its price: a message that is already there costs one
 * settled promise instead of a suspended function and three turns of the microtask queue.
 */
export class MessageIterator implements AsyncGenerator<EventStreamMessage, undefined> {
  static {
    addAsyncDispose(this.prototype);
  }

  readonly #source: OpenByteSource;
  readonly #decoder: MessageDecoder;
  #hasEnded = false;
  /** Calls that have to wait, each behind the one before. */
  #waitingCalls = 0;
  #last = nothing;

  constructor(source: OpenByteSource, options?: DecoderOptions) {
    this.#source = source;
    this.#decoder = new MessageDecoder(options);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#waitingCalls === 0 && !this.#hasEnded) {
      try {
        const value = this.#decoder.read();
        if (value) return Promise.resolve({ done: false, value });
      } catch {
        // The decoder throws it again, where it is dealt with.
      }
    }
    const readOn = () => this.#readOn();
    this.#last = this.#waitingCalls++ === 0 ? readOn() : this.#last.then(readOn, readOn);
    return this.#last;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.cancel();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    await this.cancel(error);
    throw error;
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.#source.cancel(reason);
  }

  async #readOn(): Promise<Result> {
    try {
      while (!this.#hasEnded) {
        const value = this.#decoder.read();
        if (value) return { done: false, value };
        const chunk = await this.#source.read();
        if (chunk.done) this.#end();
        else this.#decoder.push(chunk.value);
      }
    } catch (error) {
      // Not awaited: a source that is slow to close must not hold back what ended it.
      this.cancel(error).catch(() => undefined);
      throw error;
    } finally {
      // The last result is not kept: a payload can be large.
      if (--this.#waitingCalls === 0) this.#last = nothing;
    }
    return { done: true, value: undefined };
  }

  #end(): void {
    // A source that was cancelled while it was read has not been cut off.
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#decoder.end();
  }
}
