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

/** The part of a producer that a web stream uses. */
interface Producer {
  append(value: unknown): void;
  readonly ready: Promise<void>;
  close(): Promise<unknown>;
  detach(): Promise<unknown>;
}

/** How a producer and its web stream learn of the other's end. */
interface ProducerEnd {
  /** Rejects when the producer fails. */
  readonly failed: Promise<never>;
  /** Gives up what is not stored. */
  readonly abandon: (reason: unknown) => void;
}

/** A web stream over a producer: its backpressure is the producer's, and its failure errors the stream. */
export function producerStream(
  producer: Producer,
  { failed, abandon }: ProducerEnd,
  { closeStream = false }: ProducerWritableOptions,
): WritableStream<unknown> {
  return new WritableStream({
    start(controller) {
      failed.catch((error: unknown) => {
        controller.error(error);
      });
      // Not the sink's `abort`, which runs only after the pending write, and that waits for room.
      controller.signal.addEventListener("abort", () => {
        abandon(controller.signal.reason);
      });
    },
    async write(value) {
      producer.append(value);
      await producer.ready;
    },
    async close() {
      await (closeStream ? producer.close() : producer.detach());
    },
  });
}
