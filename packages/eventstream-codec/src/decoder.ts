/**
 * What reading a stream takes, and nothing else: no encoder, and none of the platform's streams, which
 * Node loads when they are first looked at. For programs that have to start fast.
 *
 * @module
 */
export { readEnvelope } from "./envelope.ts";
export type { Envelope } from "./envelope.ts";
export { EventStreamError } from "./event-stream-error.ts";
export type { EventStreamErrorCode } from "./event-stream-error.ts";
export type { EventStreamMessage } from "./frame.ts";
export type { HeaderValue } from "./header-value.ts";
export type { DecoderOptions } from "./limits.ts";
export { MessageDecoder } from "./message-decoder.ts";
export type { MessageHeaders } from "./message-headers.ts";
