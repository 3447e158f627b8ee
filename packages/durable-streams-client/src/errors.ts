import { FreshetError } from "@freshet/core";

/** The kinds of errors, stable across versions; the doc of each class names its codes. */
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

/** The facts of an error besides its code and message. */
export interface DurableStreamErrorFacts {
  /** The HTTP status of the response, if there was one. */
  status?: number | undefined;
  /** The URL of the request, with its query. */
  url?: string | undefined;
  cause?: unknown;
}

/** The base of every error of this package. `code` states what happened, `url` and `status` where. */
export class DurableStreamError extends FreshetError<DurableStreamErrorCode> {
  override readonly name: string = "DurableStreamError";
  readonly status: number | undefined;
  readonly url: string | undefined;
  /**
   * For writes, true if the server may have stored the value although no good response came back (a
   * connection that dropped after the request was sent, a 5xx).
   */
  maybeStored: boolean = false;
  /**
   * For an {@link IdempotentProducer}, the appended values that are not known to be stored, in order, as
   * the stream would contain them. With `maybeStored`, those of the first batch may be in the stream.
   */
  notStored: readonly unknown[] | undefined;

  constructor(code: DurableStreamErrorCode, message: string, facts: DurableStreamErrorFacts = {}) {
    super(code, message, { cause: facts.cause });
    this.status = facts.status;
    this.url = facts.url;
  }
}

/**
 * A request failed: `NETWORK_ERROR` (no response), `TIMEOUT` (none in time) or `HTTP_ERROR` (a
 * response with a status that has no class of its own).
 */
export class FetchError extends DurableStreamError {
  override readonly name: string = "FetchError";
  /** The server's Retry-After, in milliseconds. */
  retryAfterMs: number | undefined;
  /** True if the request cannot have reached the server, since no connection was made. */
  unsent: boolean = false;
}

/** 404: no stream exists at this URL. */
export class StreamNotFoundError extends DurableStreamError {
  override readonly name: string = "StreamNotFoundError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_NOT_FOUND", message, facts);
  }
}

/** 409 on create: a stream with another configuration exists at this URL. */
export class StreamExistsError extends DurableStreamError {
  override readonly name: string = "StreamExistsError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_EXISTS", message, facts);
  }
}

/** 409 on a write: the stream is closed and accepts no more data. */
export class StreamClosedError extends DurableStreamError {
  override readonly name: string = "StreamClosedError";
  /** The stream's last offset, if the server states it. */
  finalOffset: string | undefined;
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_CLOSED", message, facts);
  }
}

/** 409 on an append with `seq`: the stream already has this `seq` or a later one. */
export class SeqConflictError extends DurableStreamError {
  override readonly name: string = "SeqConflictError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("SEQ_CONFLICT", message, facts);
  }
}

/** 410: the server no longer keeps the data at this offset, or the stream was deleted. */
export class RetentionGoneError extends DurableStreamError {
  override readonly name: string = "RetentionGoneError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("RETENTION_GONE", message, facts);
  }
}

/** A {@link StreamResponse} was read a second time. */
export class StreamConsumedError extends DurableStreamError {
  override readonly name: string = "StreamConsumedError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STREAM_CONSUMED", message, facts);
  }
}

/** 403: another producer with the same id and a higher epoch has taken over. */
export class StaleEpochError extends DurableStreamError {
  override readonly name: string = "StaleEpochError";
  /** The epoch that the server knows, if it states it. */
  currentEpoch: number | undefined;
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("STALE_EPOCH", message, facts);
  }
}

/** 409: the server does not have the batch before this one. */
export class SequenceGapError extends DurableStreamError {
  override readonly name: string = "SequenceGapError";
  expectedSeq: number | undefined;
  receivedSeq: number | undefined;
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("SEQUENCE_GAP", message, facts);
  }
}

/** An option or a value is invalid; nothing was sent. */
export class InvalidOptionError extends DurableStreamError {
  override readonly name: string = "InvalidOptionError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("INVALID_OPTION", message, facts);
  }
}

/** The responses are not those of a durable stream: a captive portal, a wrong URL, a stale cache. */
export class ProtocolError extends DurableStreamError {
  override readonly name: string = "ProtocolError";
  constructor(message: string, facts?: DurableStreamErrorFacts) {
    super("PROTOCOL_ERROR", message, facts);
  }
}

/**
 * Data of the stream could not be read: `PARSE_ERROR` (it does not match its content type) or
 * `INVALID_ITEM` (the schema or `decode` rejected an item).
 */
export class ParseError extends DurableStreamError {
  override readonly name: string = "ParseError";
  /** Where the data starts; `stream(url, { offset: position })` delivers it again. */
  position: string | undefined;
  /** For `INVALID_ITEM`, where the next item starts; read from there to skip this one. */
  nextPosition: string | undefined;
  /** For `INVALID_ITEM`, the item as it was parsed. */
  item: unknown;
  /** For `INVALID_ITEM` by a schema, the issues that it reports. */
  issues: readonly unknown[] | undefined;
}

/** Whether a retry of the same request may succeed. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof FetchError)) return false;
  const { status, code } = error;
  if (status === undefined) return code !== "HTTP_ERROR";
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
}
