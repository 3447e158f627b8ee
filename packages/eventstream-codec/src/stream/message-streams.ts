import { ignoreRejection } from "@freshet/core";
import type { EventStreamMessage } from "../frame/frame.ts";
import { resolveOptions, type DecoderOptions, type EncoderOptions } from "../options.ts";
import { encodeFrame, type EncodableMessage } from "../frame/encode-message.ts";
import { decodeMessages } from "./decode-messages.ts";

/**
 * Decodes the bytes written to it. Unlike a plain TransformStream, whose error discards what was not
 * read yet, it emits every message before a bad frame.
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
    // Without a transformer chunks pass unchanged: only the backpressure of the writable half is needed.
    super();
    const chunks = super.readable as unknown as ReadableStream<Uint8Array>;
    const messages = decodeMessages(chunks, options);
    this.#messages = new ReadableStream<EventStreamMessage>(
      {
        async pull(controller) {
          const { done, value } = await messages.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel(reason) {
          // Unlike `return`, `throw` passes the reason on to the chunks; then it throws it as well.
          await messages.throw(reason).catch(ignoreRejection);
        },
      },
      { highWaterMark: 0 },
    );
  }

  override get readable(): ReadableStream<EventStreamMessage> {
    return this.#messages;
  }
}

/**
 * Encodes the messages written to it, one frame per message.
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
    const resolved = resolveOptions(options);
    super({
      transform: (message, controller) => {
        controller.enqueue(encodeFrame(message, resolved));
      },
    });
  }
}
