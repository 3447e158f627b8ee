export type { AppendResult } from "./write/append-batch.ts";
export type { AppendSource, ValueSource } from "./write/append-source.ts";
export type { CreationOptions, ForkOptions, LifetimeOptions } from "./write/creation.ts";
export { DurableStream } from "./durable-stream.ts";
export type {
  CloseResult,
  CreateOptions,
  DurableStreamOptions,
} from "./write/durable-stream-options.ts";
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
  StreamReplacedError,
} from "./errors.ts";
export type {
  DurableStreamErrorCode,
  DurableStreamErrorFacts,
  FetchErrorFacts,
  ParseErrorFacts,
} from "./errors.ts";
export type { HeadResult } from "./write/head.ts";
export { IdempotentProducer } from "./idempotent-producer.ts";
export type { FlushResult, IdempotentProducerOptions } from "./write/producer-options.ts";
export type { Decode } from "./read/items.ts";
export type { Live } from "./read/live-mode.ts";
export type { Offset } from "./protocol/offset.ts";
export type {
  EndpointOptions,
  ErrorHandler,
  Recovery,
  Resolvable,
} from "./http/endpoint-options.ts";
export { stream } from "./read/stream.ts";
export type { StreamOptions } from "./read/stream-options.ts";
export type { EventModes, StreamEvent } from "./read/stream-event.ts";
export type { StatusListener, StreamStatus } from "./read/stream-status.ts";
export { StreamResponse } from "./read/stream-response.ts";
export type { DispatcherLike } from "./http/transport.ts";
export type { ProducerWritableOptions, WritableOptions } from "./write/writable.ts";
export type { AppendOptions, CallOptions } from "./write/call-options.ts";
export type { StreamIterator } from "./read/closing-iterator.ts";
