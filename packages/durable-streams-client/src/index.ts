export type { AppendResult } from "./append-batch.ts";
export type { AppendSource, ValueSource } from "./append-source.ts";
export type { CreationOptions, ForkOptions, LifetimeOptions } from "./creation.ts";
export { DurableStream } from "./durable-stream.ts";
export type { CloseResult, CreateOptions, DurableStreamOptions } from "./durable-stream-options.ts";
export {
  DurableStreamError,
  FetchError,
  InvalidOptionError,
  ParseError,
  ProtocolError,
  RetentionGoneError,
  SeqConflictError,
  SequenceGapError,
  StaleEpochError,
  StreamClosedError,
  StreamConsumedError,
  StreamExistsError,
  StreamNotFoundError,
} from "./errors.ts";
export type { DurableStreamErrorCode, DurableStreamErrorFacts } from "./errors.ts";
export type { HeadResult } from "./head.ts";
export { IdempotentProducer } from "./idempotent-producer.ts";
export type { IdempotentProducerOptions } from "./idempotent-producer.ts";
export type { Decode } from "./items.ts";
export type { Live } from "./live-mode.ts";
export type { Offset } from "./offset.ts";
export type { EndpointOptions, ErrorHandler, Recovery, Resolvable } from "./options.ts";
export { stream } from "./stream.ts";
export type { StreamOptions } from "./stream.ts";
export type { EventModes, StreamEvent } from "./stream-event.ts";
export { StreamResponse } from "./stream-response.ts";
export type { DispatcherLike } from "./transport.ts";
export type { WritableOptions } from "./writable.ts";
