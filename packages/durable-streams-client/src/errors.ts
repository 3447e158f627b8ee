import { FreshetError, isRetryableStatus } from "@freshet/core";

/** The kinds of errors, stable across versions; the doc of each class names its codes. */
export type DurableStreamErrorCode =
  | "NETWORK"
  | "TIMEOUT"
  | "IDLE_TIMEOUT"
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
  | "INVALID_PAYLOAD"
  | "INVALID_ITEM";

/** The facts of an error besides its code and message. */
export interface DurableStreamErrorFacts {
  /** The HTTP status of the response, if there was one. */
  readonly status?: number | undefined;
  /** The URL of the request; the values of its own query parameters are hidden. */
  readonly url?: string | undefined;
  readonly maybeStored?: boolean | undefined;
  readonly notStored?: readonly unknown[] | undefined;
  readonly cause?: unknown;
}

/** The base of every error of this package. `code` states what happened, `url` and `status` where. */
export class DurableStreamError extends FreshetError<DurableStreamErrorCode> {
  override readonly name: string = "DurableStreamError";
  declare readonly status: number | undefined;
  declare readonly url: string | undefined;
  /**
   * For writes, true if the server may have stored the value although no good response came back (a
   * connection that dropped after the request was sent, a 5xx).
   */
  declare readonly maybeStored: boolean;
  /**
   * For an {@link IdempotentProducer}, the appended values that are not known to be stored, in order, as
   * the stream would contain them. With `maybeStored`, those of the first batch may be in the stream.
   */
  declare readonly notStored: readonly unknown[] | undefined;

  constructor(
    code: DurableStreamErrorCode,
    message: string,
    facts: DurableStreamErrorFacts & { readonly retryable?: boolean } = {},
  ) {
    const { cause, retryable, maybeStored = false, ...others } = facts;
    super(code, message, { cause, retryable }, { ...others, maybeStored });
  }
}

/** The facts of a {@link FetchError}. */
export interface FetchErrorFacts extends DurableStreamErrorFacts {
  readonly retryAfterMs?: number | undefined;
  readonly unsent?: boolean | undefined;
}

/**
 * A request failed: `NETWORK` (no response), `TIMEOUT` (none in time), `IDLE_TIMEOUT` (the response
 * stopped in the middle) or `HTTP_ERROR` (a response with a status that has no class of its own).
 */
export class FetchError extends DurableStreamError {
  override readonly name: string = "FetchError";
  /** The server's Retry-After, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;
  /** True if the request cannot have reached the server, since no connection was made. */
  declare readonly unsent: boolean;

  constructor(
    code: "NETWORK" | "TIMEOUT" | "IDLE_TIMEOUT" | "HTTP_ERROR",
    message: string,
    facts: FetchErrorFacts = {},
  ) {
    const { status, unsent = false } = facts;
    const retryable = status === undefined ? code !== "HTTP_ERROR" : isRetryableStatus(status);
    const all = { ...facts, unsent, retryable };
    super(code, message, all);
  }
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
  declare readonly finalOffset: string | undefined;
  constructor(
    message: string,
    facts?: DurableStreamErrorFacts & { readonly finalOffset?: string | undefined },
  ) {
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
  declare readonly currentEpoch: number | undefined;
  constructor(
    message: string,
    facts?: DurableStreamErrorFacts & { readonly currentEpoch?: number | undefined },
  ) {
    super("STALE_EPOCH", message, facts);
  }
}

/** 409: the server does not have the batch before this one. */
export class SequenceGapError extends DurableStreamError {
  override readonly name: string = "SequenceGapError";
  declare readonly expectedSeq: number | undefined;
  declare readonly receivedSeq: number | undefined;
  constructor(
    message: string,
    facts?: DurableStreamErrorFacts & {
      readonly expectedSeq?: number | undefined;
      readonly receivedSeq?: number | undefined;
    },
  ) {
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

/** The facts of a {@link ParseError}. */
export interface ParseErrorFacts extends DurableStreamErrorFacts {
  readonly position?: string | undefined;
  readonly nextPosition?: string | undefined;
  readonly item?: unknown;
  readonly issues?: readonly unknown[] | undefined;
}

/**
 * Data of the stream could not be read: `INVALID_PAYLOAD` (it does not match its content type) or
 * `INVALID_ITEM` (the schema or `decode` rejected an item).
 */
export class ParseError extends DurableStreamError {
  override readonly name: string = "ParseError";
  /** Where the data starts; `stream(url, { offset: position })` delivers it again. */
  declare readonly position: string | undefined;
  /** For `INVALID_ITEM`, where the next item starts; read from there to skip this one. */
  declare readonly nextPosition: string | undefined;
  /** For `INVALID_ITEM`, the item as it was parsed. */
  declare readonly item: unknown;
  /** For `INVALID_ITEM` by a schema, the issues that it reports. */
  declare readonly issues: readonly unknown[] | undefined;

  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- it narrows the parameters
  constructor(code: "INVALID_PAYLOAD" | "INVALID_ITEM", message: string, facts?: ParseErrorFacts) {
    super(code, message, facts);
  }
}

/** Whether a retry of the same request may succeed. */
export function isRetryable(error: unknown): boolean {
  return error instanceof DurableStreamError && error.retryable;
}

/** Makes the error of an invalid option. */
export function invalidOption(message: string): InvalidOptionError {
  return new InvalidOptionError(message);
}

/**
 * A copy of an error with further facts, or another message: an error cannot change, and some facts are
 * known only where it passes through.
 */
export function withFacts<E extends DurableStreamError>(
  error: E,
  facts: FetchErrorFacts & { readonly message?: string },
): E {
  const { name, code, cause, stack } = error;
  const { message = error.message, ...others } = facts;
  // Not the constructor of its class, whose facts are already among the error's own properties.
  const copy = Reflect.construct(
    DurableStreamError,
    [code, message, Object.assign({}, error, { cause }, others)],
    error.constructor,
  ) as E;
  return Object.defineProperties(copy, { name: { value: name }, stack: { value: stack } });
}
