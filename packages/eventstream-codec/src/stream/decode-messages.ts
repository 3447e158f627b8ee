import { anAbortSignal, parseStream, timeLimit, type ByteSource } from "@freshet/core";
import { EventStreamError } from "../event-stream-error.ts";
import type { EventStreamMessage } from "../frame/frame.ts";
import { checkRules, type DecoderOptions } from "../options.ts";
import { MessageDecoder } from "./message-decoder.ts";

/** Options of {@link decodeMessages}. */
export interface DecodeMessagesOptions extends DecoderOptions {
  /** Ends the loop immediately with the signal's own reason, and cancels the source. */
  signal?: AbortSignal | undefined;
  /**
   * The longest wait for one chunk, in milliseconds; after it the loop throws `IDLE_TIMEOUT` and the
   * source is cancelled. Only waiting counts, not the time that the consumer takes. Default: no limit.
   */
  idleTimeoutMs?: number | undefined;
}

const rules = { signal: anAbortSignal, idleTimeoutMs: timeLimit };

/**
 * Decodes the messages of a response body, a Node stream or an array of chunks. Leaving the loop cancels
 * the source, and nothing is read ahead of the consumer.
 *
 * @throws EventStreamError immediately for an option that is not allowed; in the loop with the offset in
 * the stream, after every message before it. Errors of the source are thrown as they are
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
  options?: DecodeMessagesOptions,
): AsyncGenerator<EventStreamMessage, undefined> {
  const decoder = new MessageDecoder(options);
  if (!options) return parseStream(source, decoder);
  const { signal, idleTimeoutMs } = options;
  checkRules(options, rules);
  const idleError = () => {
    const message = `The source sent nothing for ${String(idleTimeoutMs)} ms.`;
    return new EventStreamError("IDLE_TIMEOUT", message, { offset: decoder.offset });
  };
  return parseStream(source, decoder, { signal, idleTimeoutMs, idleError });
}
