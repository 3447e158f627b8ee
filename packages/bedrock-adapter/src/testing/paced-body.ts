import { delay } from "@freshet/core";
import { seededRandom } from "./seeded-random.ts";

/** One step of a body: wait and then send bytes, stall for ever, or break the connection. */
export type BodyStep = { bytes: Uint8Array; delayMs: number } | { stall: true } | { reset: true };

/** How a body is cut into chunks. */
export interface SlicingOptions {
  /** Bytes per chunk, or with `seed` in the longest. Default: one frame per chunk. */
  sliceBytes?: number | undefined;
  /** Cuts at random places, the same ones for the same seed, 1 to `sliceBytes` (300) apart. */
  seed?: number | undefined;
}

/**
 * A body that arrives at its own pace and in its own chunks, as from the network.
 *
 * @param request - its abort breaks the body, as it does with the platform's fetch. The request and not
 * its signal: a signal alone does not keep its source from being garbage collected
 * @param onCancel - called when the reader cancels before the end
 */
export function pacedBody(
  steps: readonly BodyStep[],
  slicing: SlicingOptions,
  request: Request,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  const over = new AbortController();
  const slices = sliced(steps, slicing, over.signal);
  const cancel = () => {
    over.abort();
    onCancel();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const onAbort = () => {
        cancel();
        controller.error(request.signal.reason);
      };
      request.signal.addEventListener("abort", onAbort, { once: true, signal: over.signal });
    },
    async pull(controller) {
      try {
        const { done, value } = await slices.next();
        if (over.signal.aborted) return;
        if (!done) {
          controller.enqueue(value);
          return;
        }
        over.abort();
        controller.close();
      } catch (error) {
        if (over.signal.aborted) return;
        over.abort();
        controller.error(error);
      }
    },
    cancel,
  });
}

async function* sliced(
  steps: readonly BodyStep[],
  slicing: SlicingOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  const nextSize = sliceSizes(slicing);
  let size = nextSize();
  let pending: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  for (const step of steps) {
    if (!("bytes" in step)) {
      // The bytes before the fault arrive before it.
      if (pending.length > 0) yield pending;
      if ("reset" in step)
        throw new TypeError("The connection was reset, as the fault of the fake requests.");
      await forever(signal);
      return undefined;
    }
    if (step.delayMs > 0) await delay(step.delayMs, signal);
    pending = joined(pending, step.bytes);
    if (size === undefined) {
      yield pending;
      pending = new Uint8Array(0);
      continue;
    }
    let at = 0;
    for (; pending.length - at >= size; size = nextSize() ?? size) {
      yield pending.slice(at, at + size);
      at += size;
    }
    pending = pending.slice(at);
  }
  if (pending.length > 0) yield pending;
  return undefined;
}

/** The sizes of the chunks in order; `undefined`: one step per chunk. */
function sliceSizes({ sliceBytes, seed }: SlicingOptions): () => number | undefined {
  if (seed === undefined) return () => sliceBytes;
  const random = seededRandom(seed);
  const longest = sliceBytes ?? 300;
  return () => 1 + Math.floor(random() * longest);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
