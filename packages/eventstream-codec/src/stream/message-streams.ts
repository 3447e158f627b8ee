import { openByteSource } from "@freshet/core";
import type { EventStreamMessage } from "../frame/frame.ts";
import type { DecoderOptions, EncoderOptions } from "../options.ts";
import { encodeMessage, type EncodableMessage } from "../frame/encode-message.ts";
import { MessageIterator } from "./message-iterator.ts";

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
    const messages = new MessageIterator(openByteSource(chunks), options);
    this.#messages = new ReadableStream<EventStreamMessage>(
      {
        async pull(controller) {
          const { done, value } = await messages.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => messages.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  override get readable(): ReadableStream<EventStreamMessage> {
    return this.#messages;
  }
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
