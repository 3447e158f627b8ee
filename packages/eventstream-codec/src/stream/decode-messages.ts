import { openByteSource, type ByteSource } from "@freshet/core";
import type { EventStreamMessage } from "../frame/frame.ts";
import type { DecoderOptions } from "../options.ts";
import { MessageIterator } from "./message-iterator.ts";

/**
 * Decodes the messages of a response body, a Node stream, an array of chunks. Leaving the loop cancels
 * the source, and nothing is read ahead of the consumer.
 *
 * @throws EventStreamError with the offset in the stream, after every message before it was given;
 * errors of the source as they are
 * @example
 * ```ts
 * import { decodeMessages, encodeMessage } from "@freshet/eventstream-codec";
 *
 * const frame = encodeMessage({ payload: new Uint8Array(10) });
 * for await (const { payload } of decodeMessages([frame.slice(0, 7), frame.slice(7)])) {
 *   console.log(payload.byteLength); // 10
 * }
 * ```
 */
export function decodeMessages(
  source: ByteSource,
  options?: DecoderOptions,
): AsyncGenerator<EventStreamMessage, undefined> {
  return new MessageIterator(openByteSource(source), options);
}
