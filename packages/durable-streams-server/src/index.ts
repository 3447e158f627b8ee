export type { ExchangeRequest, ExchangeResponse } from "./http/exchange.ts";
export { memoryStore } from "./memory/memory-store.ts";
export type { MemoryStoreOptions } from "./memory/memory-store.ts";
export type { CorsOptions } from "./server/cors.ts";
export { createDurableStreams } from "./server/durable-streams.ts";
export type { DurableStreams } from "./server/durable-streams.ts";
export { defaultLimits } from "./server/limits.ts";
export type { GivenLimits, Limits } from "./server/limits.ts";
export type {
  Authorize,
  DurableStreamsOptions,
  Metric,
  RequestOperation,
  SubscriptionOptions,
} from "./server/options.ts";
export type { DisposableStore } from "./store/disposable-store.ts";
export { DurableStreamsServerError } from "./store/errors.ts";
export type { DurableStreamsServerErrorCode } from "./store/errors.ts";
export type { Logger } from "./store/logger.ts";
export type {
  AppendOutcome,
  AppendRequest,
  CreateOutcome,
  CreateRequest,
  DataRecord,
  DeleteOutcome,
  DocumentStore,
  ForkRequest,
  HeadOutcome,
  ListDocumentsOptions,
  ListedStream,
  ListRequest,
  Producer,
  ReadOutcome,
  ReadRequest,
  Store,
  StoredDocument,
  StreamInfo,
} from "./store/store.ts";
