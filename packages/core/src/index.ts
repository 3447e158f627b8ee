export { abortable, ignoreRejection } from "./async/abortable.ts";
export type { AbortSignalLike } from "./async/abortable.ts";
export { argumentsProblem } from "./arguments-problem.ts";
export { addAsyncDispose } from "./async/async-dispose.ts";
export type { AsyncDisposableLike } from "./async/async-dispose.ts";
export { backoffDelayMs, defaultBackoff, resolveBackoff, retryDelayMs } from "./http/backoff.ts";
export type { BackoffOptions } from "./http/backoff.ts";
export { linkedAbort } from "./async/linked-abort.ts";
export { toReadableStream } from "./async/readable-stream.ts";
export { stoppableGenerator } from "./async/stoppable-generator.ts";
export { delay, maxTimerMs, SilenceTimer } from "./async/timer.ts";
export { fromBase64, toBase64 } from "./bytes/base64.ts";
export { iterateBytes, openByteSource } from "./bytes/byte-source.ts";
export type { ByteSource, IterateBytesOptions, OpenByteSource } from "./bytes/byte-source.ts";
export { concatBytes } from "./bytes/concat-bytes.ts";
export { parseStream } from "./bytes/parse-stream.ts";
export type { ParseStreamOptions, PushParser } from "./bytes/parse-stream.ts";
export { FreshetError } from "./error.ts";
export type { FreshetErrorOptions } from "./error.ts";
export type {
  AgentEvent,
  AgentEventFields,
  AgentEventType,
  AgentMessageEvent,
  ApprovalEvent,
  ApprovalRequestEvent,
  CreationEvent,
  DoneEvent,
  ErrorEvent,
  FileEvent,
  JsonPatchOperation,
  ProgressEvent,
  SourceEvent,
  StateEvent,
  StoppedEvent,
  ThinkingEvent,
  TokenEvent,
  TokenUsage,
  ToolInputEvent,
  ToolResultEvent,
  ToolUseEvent,
  TurnEvent,
} from "./events/agent-event.ts";
export { readErrorBody } from "./http/error-body.ts";
export type { ReadErrorBodyOptions } from "./http/error-body.ts";
export type { Fetch } from "./http/fetch.ts";
export { redactText, redactUrl } from "./http/redact.ts";
export { fetchFollowing, headersAfterRedirect, isRedirectStatus } from "./http/redirect.ts";
export type { FetchFollowingOptions } from "./http/redirect.ts";
export { mediaType } from "./http/media-type.ts";
export { isRetryableStatus, parseRetryAfterMs } from "./http/retry-after.ts";
export {
  aBoolean,
  aFunction,
  anAbortSignal,
  anObject,
  checkOption,
  checkOptions,
  httpUrl,
  nonEmptyString,
  numberBetween,
  oneOf,
  secret,
  timeLimit,
  wholeNumber,
  wholeNumberOrInfinity,
} from "./options.ts";
export type { OptionFailure, OptionRule, OptionRules } from "./options.ts";
export type { StandardSchemaV1 } from "@standard-schema/spec";
