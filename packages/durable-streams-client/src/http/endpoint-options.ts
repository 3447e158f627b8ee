import { type BackoffOptions, defaultBackoff } from "@freshet/core";
import { DurableStreamError, InvalidOptionError } from "../errors.ts";
import { reservedParams } from "../protocol/headers.ts";
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
 */
export type ErrorHandler = (
  error: DurableStreamError,
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a handler that only logs returns nothing
) => Recovery | void | undefined | Promise<Recovery | void | undefined>;

/** Options of all requests to a stream. */
export interface EndpointOptions {
  /** Sent with every request. Names are case-insensitive. */
  headers?: Record<string, Resolvable> | undefined;
  /** Query parameters of every request; they are sent sorted by name. */
  params?: Record<string, Resolvable> | undefined;
  /** Ends everything immediately; pending calls reject with the signal's own reason. */
  signal?: AbortSignal | undefined;
  onError?: ErrorHandler | undefined;
  /** Times in milliseconds. Default: 100 ms, doubled up to 30 s, all of it random, 5 retries. */
  backoff?: Partial<BackoffOptions> | undefined;
  /** Sends the requests instead of the platform's own transport. */
  fetch?: typeof globalThis.fetch | undefined;
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

const warnedOrigins = new Set<string>();

/** Checks a stream's URL; it must be absolute. */
export function checkUrl(url: string | URL, warnOnHttp: boolean = true): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new InvalidOptionError(
      `url ${JSON.stringify(String(url))} is not an absolute URL: pass the whole of it, with https:// and the host.`,
      { cause },
    );
  }
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") {
    throw new InvalidOptionError(`url ${parsed.href} is neither https nor http.`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new InvalidOptionError(
      "url contains credentials, which end up in logs: pass an authorization header.",
    );
  }
  checkParams(Object.fromEntries(parsed.searchParams), "url: ?");
  parsed.hash = "";
  if (warnOnHttp && parsed.protocol === "http:" && !isLoopback(parsed.hostname)) {
    warnOnce(parsed.origin);
  }
  return parsed;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

function warnOnce(origin: string): void {
  if (warnedOrigins.has(origin)) return;
  warnedOrigins.add(origin);
  console.warn(
    `[durable-streams-client] ${origin} is not encrypted: anyone on the network path can read and change the stream. ` +
      `Use https, or pass warnOnHttp: false if you trust the network.`,
  );
}

/** Checks back-off options and fills in the defaults. */
export function checkBackoff(options: Partial<BackoffOptions> = {}): BackoffOptions {
  const initialDelayMs = options.initialDelayMs ?? defaultBackoff.initialDelayMs;
  const backoff: BackoffOptions = {
    initialDelayMs,
    maxDelayMs: options.maxDelayMs ?? Math.max(defaultBackoff.maxDelayMs, initialDelayMs),
    multiplier: options.multiplier ?? defaultBackoff.multiplier,
    maxRetries: options.maxRetries ?? defaultBackoff.maxRetries,
    jitter: options.jitter ?? defaultBackoff.jitter,
  };
  checkNumber("backoff.maxRetries", backoff.maxRetries, 0);
  if (checkNumber("backoff.initialDelayMs", initialDelayMs, 0) === 0) {
    throw new InvalidOptionError("backoff.initialDelayMs is 0: it must be a number above 0.");
  }
  checkNumber("backoff.maxDelayMs", backoff.maxDelayMs, initialDelayMs);
  checkNumber("backoff.multiplier", backoff.multiplier, 1);
  checkNumber("backoff.jitter", backoff.jitter, 0, 1);
  return backoff;
}

/** Throws unless `value` is a number from `min` to `max`. */
export function checkNumber(
  name: string,
  value: number,
  min: number,
  max: number = Infinity,
): number {
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    const range = max === Infinity ? `at least ${min}` : `${min} to ${max}`;
    throw new InvalidOptionError(`${name} is ${String(value)}: it must be a number, ${range}.`);
  }
  return value;
}

/** Throws unless `value` is a whole number from `min` to 2^53 - 1. */
export function checkInteger(name: string, value: number, min: number): number {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new InvalidOptionError(
      `${name} is ${String(value)}: it must be a whole number, at least ${min}.`,
    );
  }
  return value;
}

/** What a timer can hold; more would fire at once. */
export const maxWaitMs: number = 2 ** 31 - 1;

/** Throws unless `value` is a number of milliseconds from `min` on; `Infinity` is as long as can be. */
export function checkWait(name: string, value: number, min: number): number {
  return Math.min(checkNumber(name, value, min), maxWaitMs);
}

// https://www.rfc-editor.org/rfc/rfc9110#section-5
const headerName = /^[-!#$%&'*+.^`|~\w]+$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Throws for headers that HTTP cannot carry. The results of functions are not checked. */
export function checkHeaders(headers: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (headerName.test(name) && (typeof value !== "string" || headerValue.test(value))) continue;
    throw new InvalidOptionError(
      `Invalid header ${JSON.stringify(name)}: its name or value has characters that HTTP does not allow.`,
    );
  }
}

/** Throws unless a header of the protocol can carry `value` unchanged. */
export function checkToken(name: string, value: string): string {
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    throw new InvalidOptionError(
      `Invalid ${name} ${JSON.stringify(value)}: expected printable ASCII without spaces at the start or end.`,
    );
  }
  return value;
}

/** Throws for query parameters that the protocol reserves. */
export function checkParams(
  params: Record<string, unknown> | undefined,
  where: string = "params.",
): void {
  for (const name of Object.keys(params ?? {})) {
    if (reservedParams.has(name)) {
      throw new InvalidOptionError(
        `Invalid ${where}${name}: the protocol reserves this query parameter, so use the option of that name.`,
      );
    }
  }
}

/** Calls the functions among `values`. */
export async function resolveValues(
  values: Record<string, Resolvable>,
): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    resolved[name] = typeof value === "function" ? await value() : value;
  }
  return resolved;
}
