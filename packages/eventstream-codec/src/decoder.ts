/**
 * Only what reading a stream needs: no encoder, and none of the platform's streams, which Node loads when
 * they are first accessed. For programs that must start fast.
 *
 * @module
 */
export { readEnvelope } from "./frame/envelope.ts";
export type { Envelope } from "./frame/envelope.ts";
export { EventStreamError } from "./event-stream-error.ts";
export type { EventStreamErrorCode } from "./event-stream-error.ts";
export type { EventStreamMessage } from "./frame/frame.ts";
export type { HeaderValue } from "./headers/header-value.ts";
export type { DecoderOptions } from "./options.ts";
export { MessageDecoder } from "./stream/message-decoder.ts";
export type { MessageHeaders } from "./headers/message-headers.ts";
