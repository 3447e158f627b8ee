import { encodeException } from "@freshet/bedrock-adapter/testing";
import { FrameSplitter } from "../frames/frame-splitter.ts";
import type { BedrockFault } from "../protocol/api.ts";

/** The number of frames that pass before a fault, so that the response has begun. */
const framesBefore = 8;

/** Returns the armed fault and disarms it. */
export type TakeFault = () => BedrockFault | undefined;

/** A response body of the simulated Bedrock that can be broken while it is being sent. */
export class BreakableBody implements UnderlyingDefaultSource<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #takeFault: TakeFault;
  /** Called exactly once, however the body ends. */
  readonly #onEnd: () => void;
  readonly #splitter = new FrameSplitter();
  #frames = 0;
  #hasEnded = false;

  constructor(body: ReadableStream<Uint8Array>, takeFault: TakeFault, onEnd: () => void) {
    this.#reader = body.getReader();
    this.#takeFault = takeFault;
    this.#onEnd = onEnd;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { done, value } = await this.#reader.read();
    // A cancel ends the pending read, and then there is nothing left to close.
    if (this.#hasEnded) return;
    if (done) {
      this.#end();
      controller.close();
      return;
    }
    const begun = this.#splitter.rest.length;
    const [first, ...others] = this.#splitter.push(value);
    const isDue = first !== undefined && this.#frames >= framesBefore;
    this.#frames += first ? 1 + others.length : 0;
    const fault = isDue ? this.#takeFault() : undefined;
    if (fault === undefined || !first) controller.enqueue(value);
    else await this.#break(controller, fault, value, first.length - begun);
  }

  async cancel(reason: unknown): Promise<void> {
    this.#end();
    await this.#reader.cancel(reason);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#onEnd();
  }

  /** `boundary` is where in `chunk` the unfinished frame ends. */
  async #break(
    controller: ReadableStreamDefaultController<Uint8Array>,
    fault: BedrockFault,
    chunk: Uint8Array,
    boundary: number,
  ): Promise<void> {
    if (fault === "checksum") {
      const damaged = chunk.slice();
      damaged[boundary - 1] = (damaged[boundary - 1] ?? 0) ^ 0xff;
      controller.enqueue(damaged);
      return;
    }
    controller.enqueue(chunk.slice(0, boundary));
    if (fault === "stall") {
      // No more bytes and no end, until the client gives up and cancels.
      await new Promise(() => undefined);
    }
    await this.#reader.cancel("broken on purpose");
    if (fault === "throttle") {
      const body = JSON.stringify({ message: "Too many tokens, please wait before trying again." });
      controller.enqueue(encodeException("throttlingException", body));
    }
    this.#end();
    controller.close();
  }
}
