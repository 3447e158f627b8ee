export { DurableStreamsServerError } from "./errors.ts";
export type { DurableStreamsServerErrorCode } from "./errors.ts";
export type { ExchangeAnswer, ExchangeRequest } from "./exchange.ts";
export { defaultLimits } from "./limits.ts";
export type { Limits } from "./limits.ts";
export type {
  Authorize,
  DurableStreamsOptions,
  Logger,
  Metric,
  Operation,
  SubscriptionOptions,
} from "./options.ts";
export type { CorsOptions } from "./protocol/cors.ts";
export { createDurableStreams } from "./server.ts";
export type { DurableStreams } from "./server.ts";
export { memoryStore } from "./store/memory.ts";
export type { MemoryStoreOptions } from "./store/memory.ts";
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
  ListedStream,
  Producer,
  ReadOutcome,
  ReadRequest,
  Store,
  StoredDocument,
  StreamInfo,
} from "./store/store.ts";
