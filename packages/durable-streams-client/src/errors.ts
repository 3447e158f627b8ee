import { FreshetError } from "@freshet/core";

/** What went wrong, stable across versions; every class below says which codes it has. */
export type DurableStreamErrorCode =
  | "NETWORK_ERROR"
  | "TIMEOUT"
  | "HTTP_ERROR"
  | "STREAM_NOT_FOUND"
  | "STREAM_EXISTS"
  | "STREAM_CLOSED"
  | "SEQ_CONFLICT"
  | "RETENTION_GONE"
  | "STREAM_CONSUMED"
  | "STALE_EPOCH"
  | "SEQUENCE_GAP"
  | "INVALID_OPTION"
  | "PROTOCOL_ERROR"
  | "PARSE_ERROR"
  | "INVALID_ITEM";

/** The facts an error may carry beside its code and message. */
export interface DurableStreamErrorFacts {
  /** The HTTP status of the answer, where there was one. */
  status?: number | undefined;
  /** The URL that was asked, with its query. */
  url?: string | undefined;
  cause?: unknown;
}

/** The base of every error of this package: `code` says what, `url` and `status` say where. */
export class DurableStreamError extends FreshetError<DurableStreamErrorCode> {
  override readonly name: string = "DurableStreamError";
  readonly status: number | undefined;
  readonly url: string | undefined;
  /**
   * Writes only: true when the server may have stored what was sent although this error says that
   * no good answer came back (a connection that dropped after the request went out, a 5xx).
   */
  maybeStored: boolean = false;
  /**
   * {@link IdempotentProducer} only: the values that were handed to `append()` and are not known to
   * be stored, in their order; for a JSON stream, as it would hold them. With `maybeStored`, those of the first batch may be in the stream.
   */
  notStored: readonly unknown[] | undefined;

  constructor(code: DurableStreamErrorCode, message: string, facts: DurableStreamErrorFacts = {}) {
    super(code, message, { cause: facts.cause });
    this.status = facts.status;
    this.url = facts.url;
  }
}

/**
 * The request failed: `NETWORK_ERROR` (no answer), `TIMEOUT` (none in time) or `HTTP_ERROR` (an
 * answer with a status that no other class stands for).
 */
export class FetchError extends DurableStreamError {
  override readonly name: string = "FetchError";
  /** How long the server asked to wait before a retry, in milliseconds. */
  retryAfterMs: number | undefined;
  /** True when the request cannot have reached the server: the connection was never made. */
  unsent: boolean = false;
}

/** 404: there is no stream at this URL. */
export class StreamNotFoundError extends DurableStreamError {
  override readonly name: string = "StreamNotFoundError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_NOT_FOUND", message, facts);
  }
}

/** 409 on create: a stream with another configuration is at this URL. */
export class StreamExistsError extends DurableStreamError {
  override readonly name: string = "StreamExistsError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_EXISTS", message, facts);
  }
}

/** 409 on a write: the stream is closed and takes no more data. */
export class StreamClosedError extends DurableStreamError {
  override readonly name: string = "StreamClosedError";
  /** The stream's last offset, where the server said it. */
  finalOffset: string | undefined;
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_CLOSED", message, facts);
  }
}

/** 409 on an append with `seq`: the stream has that sequence number or a later one. */
export class SeqConflictError extends DurableStreamError {
  override readonly name: string = "SeqConflictError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("SEQ_CONFLICT", message, facts);
  }
}

/** 410: the offset is older than what the server keeps, or the stream was deleted for good. */
export class RetentionGoneError extends DurableStreamError {
  override readonly name: string = "RetentionGoneError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("RETENTION_GONE", message, facts);
  }
}

/** A {@link StreamResponse} was consumed a second time. */
export class StreamConsumedError extends DurableStreamError {
  override readonly name: string = "StreamConsumedError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_CONSUMED", message, facts);
  }
}

/** 403: another producer with the same id and a higher epoch has taken over. */
export class StaleEpochError extends DurableStreamError {
  override readonly name: string = "StaleEpochError";
  /** The epoch the server knows, where it said it. */
  currentEpoch: number | undefined;
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STALE_EPOCH", message, facts);
  }
}

/** 409: the server has not seen the batch before this one. */
export class SequenceGapError extends DurableStreamError {
  override readonly name: string = "SequenceGapError";
  expectedSeq: number | undefined;
  receivedSeq: number | undefined;
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("SEQUENCE_GAP", message, facts);
  }
}

/** An option or a value cannot be right; nothing was sent. */
export class InvalidOptionError extends DurableStreamError {
  override readonly name: string = "InvalidOptionError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("INVALID_OPTION", message, facts);
  }
}

/** The answers are not those of a durable stream: a captive portal, a wrong URL, a stale cache. */
export class ProtocolError extends DurableStreamError {
  override readonly name: string = "ProtocolError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("PROTOCOL_ERROR", message, facts);
  }
}

/**
 * Data of the stream could not be read: `PARSE_ERROR` (it is not what its content type says) or
 * `INVALID_ITEM` (the schema or `decode` refused an item).
 */
export class ParseError extends DurableStreamError {
  override readonly name: string = "ParseError";
  /** Where the data starts; `stream(url, { offset: position })` gives it again. */
  position: string | undefined;
  /** `INVALID_ITEM`: where the next item starts, for those who want to go on without this one. */
  nextPosition: string | undefined;
  /** `INVALID_ITEM`: the item as it was parsed. */
  item: unknown;
  /** `INVALID_ITEM` by a schema: what the schema said. */
  issues: readonly unknown[] | undefined;
}

/** Tells whether trying the same request again may help. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof FetchError)) return false;
  const { status, code } = error;
  if (status === undefined) return code !== "HTTP_ERROR";
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}
