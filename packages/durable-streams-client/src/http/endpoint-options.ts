import {
  aBoolean,
  aFunction,
  anAbortSignal,
  anObject,
  type BackoffOptions,
  checkOptions,
  type Fetch,
  type OptionRule,
  type OptionRules,
  secret,
  timeLimit,
} from "@freshet/core";
import { type DurableStreamError, invalidOption } from "../errors.ts";
import type { DispatcherLike } from "./transport.ts";

/** A value, or a function that returns it for every request (a token that is refreshed). */
export type Resolvable = string | (() => string | Promise<string>);

/** The changes of an `onError` handler before the request is retried. */
export interface Recovery {
  /** Merged over the headers of the request. */
  headers?: Record<string, Resolvable>;
  /** Merged over the query parameters. */
  params?: Record<string, Resolvable>;
}

/**
 * Called when an error would end the operation: a response that a retry does not change (401), or no
 * retry is left. Return an object to retry, with the headers or params in it; return nothing to let
 * the error through.
 *
 * Where retries have no end (a live session, a producer), it is also called for each further failure
 * after `retry.maxRetries` of them in a row. They go on whatever it returns, with what it returns; to
 * end them, throw.
 */
export type ErrorHandler = (
  error: DurableStreamError,
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a handler that only logs returns nothing
) => Recovery | void | undefined | Promise<Recovery | void | undefined>;

/** Options of all requests to a stream. */
export interface EndpointOptions {
  /** Sent with every request. Names are case-insensitive. */
  headers?: Record<string, Resolvable> | undefined;
  /**
   * Which of `headers` may follow a redirect of a read to another origin (none): any of them may be a
   * credential. A write is never sent on to another origin.
   */
  redirectHeaders?: readonly string[] | undefined;
  /** Query parameters of every request; they are sent sorted by name. */
  params?: Record<string, Resolvable> | undefined;
  /** Ends everything immediately; pending calls reject with the signal's own reason. */
  signal?: AbortSignal | undefined;
  onError?: ErrorHandler | undefined;
  /**
   * How failed requests are retried, `false` for not at all. Default: 5 retries after 100 ms, doubled up
   * to 30 s, all of it random. A longer Retry-After than `maxRetryAfterMs` (5 minutes) ends the operation.
   */
  retry?: Partial<BackoffOptions> | false | undefined;
  /** @deprecated The earlier name of `retry`, which takes precedence. */
  backoff?: Partial<BackoffOptions> | undefined;
  /** Sends the requests instead of the platform's own transport. */
  fetch?: Fetch | undefined;
  /** In Node, an undici 7 `Dispatcher` (an `Agent`, a `ProxyAgent`) instead of the shared pool. */
  dispatcher?: DispatcherLike | undefined;
  /**
   * The longest wait for the headers of a response, and for each chunk of its body, in milliseconds
   * (30,000). Live requests have `liveTimeoutMs` instead.
   */
  timeoutMs?: number | undefined;
  /** `false`: no warning when the URL is http on a host that is not loopback. */
  warnOnHttp?: boolean | undefined;
}

const aDispatcher: OptionRule = {
  expected: "an undici Dispatcher",
  accepts: (value) =>
    typeof value === "object" &&
    value !== null &&
    "dispatch" in value &&
    aFunction.accepts(value.dispatch),
};

const headerNames: OptionRule = {
  expected: "an array of header names",
  accepts: (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
};

const rules: OptionRules<EndpointOptions> = {
  headers: secret(anObject),
  redirectHeaders: headerNames,
  params: secret(anObject),
  signal: anAbortSignal,
  onError: aFunction,
  fetch: aFunction,
  dispatcher: aDispatcher,
  timeoutMs: timeLimit,
  warnOnHttp: aBoolean,
};

/** Throws for an invalid option, except `retry`, which `resolveBackoff` checks. */
export function checkEndpointOptions(options: EndpointOptions): void {
  checkOptions(options, rules, invalidOption);
}

/** The retry options of either name. */
export function retryOptions({
  retry,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the alias is read here and nowhere else
  backoff,
}: EndpointOptions): Partial<BackoffOptions> | false | undefined {
  return retry ?? backoff;
}
