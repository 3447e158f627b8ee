import type { EventStreamMessage } from "./frame.ts";
import type { DecoderOptions, EncoderOptions } from "./limits.ts";
import { MessageDecoder } from "./message-decoder.ts";
import { encodeMessage, type EncodableMessage } from "./message-encoder.ts";

/**
 * Decodes what is written to it. Unlike a plain TransformStream, whose error throws away what nobody
 * has read yet, it gives every message before a bad one.
 *
 * @example
 * ```ts
 * import { encodeMessage, MessageDecoderStream } from "@freshet/eventstream-codec";
 *
 * const body = new Response(encodeMessage({ payload: new Uint8Array(3) })).body;
 * const reader = body?.pipeThrough(new MessageDecoderStream()).getReader();
 * console.log((await reader?.read())?.value?.payload.byteLength); // 3
 * ```
 */
export class MessageDecoderStream extends TransformStream<Uint8Array, EventStreamMessage> {
  readonly #messages: ReadableStream<EventStreamMessage>;

  constructor(options?: DecoderOptions) {
    // Without a transformer chunks pass as they are: the writable half is used for its backpressure.
    super();
    const chunks = super.readable as unknown as ReadableStream<Uint8Array>;
    this.#messages = decodeStream(chunks.getReader(), new MessageDecoder(options));
  }

  override get readable(): ReadableStream<EventStreamMessage> {
    return this.#messages;
  }
}

function decodeStream(
  chunks: ReadableStreamDefaultReader<Uint8Array>,
  decoder: MessageDecoder,
): ReadableStream<EventStreamMessage> {
  /** Enqueues what is complete. An error waits for the next pull: it would empty the queue. */
  const enqueueAll = (controller: ReadableStreamDefaultController<EventStreamMessage>) => {
    let message = decoder.read();
    if (!message) return false;
    try {
      for (; message; message = decoder.read()) controller.enqueue(message);
    } catch {
      // The decoder throws it again.
    }
    return true;
  };
  return new ReadableStream<EventStreamMessage>(
    {
      async pull(controller) {
        try {
          while (!enqueueAll(controller)) {
            const { done, value } = await chunks.read();
            if (!done) {
              decoder.push(value);
              continue;
            }
            decoder.end();
            controller.close();
            return;
          }
        } catch (error) {
          await chunks.cancel(error);
          throw error;
        }
      },
      cancel: (reason) => chunks.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/**
 * Encodes what is written to it, one frame a message.
 *
 * @example
 * ```ts
 * import { MessageEncoderStream } from "@freshet/eventstream-codec";
 *
 * const encoder = new MessageEncoderStream();
 * const writer = encoder.writable.getWriter();
 * void writer.write({ payload: new Uint8Array(3) });
 * console.log((await encoder.readable.getReader().read()).value?.byteLength); // 19
 * ```
 */
export class MessageEncoderStream extends TransformStream<EncodableMessage, Uint8Array> {
  constructor(options?: EncoderOptions) {
    super({
      transform: (message, controller) => {
        controller.enqueue(encodeMessage(message, options));
      },
    });
  }
}
