import { aBoolean, checkOptions, type OptionRules, wholeNumber } from "@freshet/core";
import { invalidOption } from "../errors.ts";

/** Options of `IdempotentProducer.writable`. */
export interface ProducerWritableOptions {
  /** Closes the durable stream when the web stream is closed (`false`). */
  closeStream?: boolean | undefined;
}

/** Options of `DurableStream.writable`. */
export interface WritableOptions extends ProducerWritableOptions {
  /** How many bytes may wait before `write` does too (4 MiB). */
  maxPendingBytes?: number | undefined;
}

const rules: OptionRules<WritableOptions> = {
  closeStream: aBoolean,
  maxPendingBytes: wholeNumber(1),
};

export function checkWritableOptions(options: WritableOptions): void {
  checkOptions(options, rules, invalidOption);
}

/** The part of a producer that the sink uses. */
interface Target {
  append(value: unknown): void;
  ready(): Promise<void>;
  /** Rejects when the producer fails. */
  readonly failed: Promise<never>;
  close(): Promise<unknown>;
  detach(): Promise<unknown>;
  abandon(reason: unknown): void;
}

/** A web stream over a producer: its backpressure is the producer's, and its failure errors the stream. */
export function producerStream(
  target: Target,
  { closeStream = false }: ProducerWritableOptions,
): WritableStream<unknown> {
  return new WritableStream({
    start(controller) {
      target.failed.catch((error: unknown) => {
        controller.error(error);
      });
      // Not the sink's `abort`, which runs only after the pending write, and that waits for room.
      controller.signal.addEventListener("abort", () => {
        target.abandon(controller.signal.reason);
      });
    },
    async write(value) {
      target.append(value);
      await target.ready();
    },
    async close() {
      await (closeStream ? target.close() : target.detach());
    },
  });
}
