import { aBoolean, checkOptions, type OptionRules, wholeNumber } from "@freshet/core";
import { invalidOption } from "../errors.ts";
import type { AppendResult } from "./append-batch.ts";

/** Options of `DurableStream.writable`. */
export interface WritableOptions {
  /** Closes the durable stream when the web stream is closed (`false`). */
  closeStream?: boolean | undefined;
  /** How many values may be in flight before `write` waits (1,000); about 4 MiB also make it wait. */
  maxInFlight?: number | undefined;
}

/** How many bytes, or characters, may be in flight before `write` waits. */
const maxBytesInFlight = 4 * 1024 * 1024;

const rules: OptionRules<WritableOptions> = { closeStream: aBoolean, maxInFlight: wholeNumber(1) };

/** The part of a stream that the sink uses. */
interface Target {
  append(value: unknown, signal: AbortSignal): Promise<AppendResult>;
  close(signal: AbortSignal): Promise<unknown>;
}

/**
 * A web stream with backpressure: a write waits while too many values are in flight, and the first append
 * that fails errors the stream.
 */
export function appendingStream(target: Target, options: WritableOptions): WritableStream<unknown> {
  checkOptions(options, rules, invalidOption);
  const maxInFlight = options.maxInFlight ?? 1000;
  const aborted = new AbortController();
  let inFlight = 0;
  let bytesInFlight = 0;
  let failure: { error: unknown } | undefined;
  let wake: (() => void) | undefined;

  const settled = (size: number) => {
    inFlight--;
    bytesInFlight -= size;
    wake?.();
  };
  const until = async (isReached: () => boolean) => {
    while (!failure && !isReached()) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
    if (failure) throw failure.error;
  };
  return new WritableStream({
    start(controller) {
      // Not the sink's `abort`, which runs only after the pending write, and that waits for us.
      controller.signal.addEventListener("abort", () => {
        aborted.abort(controller.signal.reason);
      });
    },
    async write(value, controller) {
      const size = typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
      inFlight++;
      bytesInFlight += size;
      target.append(value, aborted.signal).then(
        () => {
          settled(size);
        },
        (error: unknown) => {
          failure ??= { error };
          controller.error(error);
          settled(size);
        },
      );
      await until(() => inFlight < maxInFlight && bytesInFlight < maxBytesInFlight);
    },
    async close() {
      await until(() => inFlight === 0);
      if (options.closeStream) await target.close(aborted.signal);
    },
  });
}
