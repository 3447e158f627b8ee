import type { BackoffOptions } from "@freshet/core";
import { platformTransport } from "#transport";
import { type Answer, type EndpointRequest, Exchange } from "./exchange.ts";
import {
  checkBackoff,
  checkNumber,
  checkParams,
  checkUrl,
  type EndpointOptions,
  type ErrorHandler,
  type Recovery,
  type Resolvable,
  resolveValues,
} from "./options.ts";
import { fetchTransport } from "./transport-fetch.ts";
import type { Transport } from "./transport.ts";

/** A stream's URL with everything that requests to it have in common. Sends; never retries. */
export class Endpoint {
  readonly url: URL;
  readonly backoff: BackoffOptions;
  /** Whether the caller said how often to retry; else a live session goes on for ever. */
  readonly hasRetryLimit: boolean;
  /** Each of them ends everything. */
  readonly signals: readonly AbortSignal[];
  readonly timeoutMs: number;
  readonly onError: ErrorHandler | undefined;
  readonly #options: EndpointOptions;
  readonly #transport: Transport;
  #headers: Record<string, Resolvable>;
  #params: Record<string, Resolvable>;
  #isStatic: boolean = false;

  constructor(
    url: string | URL,
    options: EndpointOptions,
    inheritedSignals: readonly AbortSignal[] = [],
  ) {
    this.url = checkUrl(url, options.warnOnHttp);
    this.backoff = checkBackoff(options.backoff);
    this.hasRetryLimit = options.backoff?.maxRetries !== undefined;
    this.timeoutMs = checkNumber("timeoutMs", options.timeoutMs ?? 30_000, 1);
    checkParams(options.params);
    const signals = options.signal ? [...inheritedSignals, options.signal] : inheritedSignals;
    for (const signal of signals) signal.throwIfAborted();
    this.signals = [...new Set(signals)];
    this.onError = options.onError;
    this.#options = options;
    this.#transport = options.fetch
      ? fetchTransport(options.fetch)
      : platformTransport(options.dispatcher);
    this.#headers = lowerCaseNames(options.headers);
    this.#params = options.params ?? {};
    this.#updateStatic();
  }

  /** The same stream, or another, with other options over these. */
  with(options: EndpointOptions, url: string | URL = this.url): Endpoint {
    const merged: EndpointOptions = { ...this.#options, ...definedOf(options) };
    merged.headers = { ...this.#headers, ...lowerCaseNames(options.headers) };
    merged.params = { ...this.#params, ...options.params };
    return new Endpoint(url, merged, this.signals);
  }

  get isAborted(): boolean {
    return this.signals.some((signal) => signal.aborted);
  }

  /** Takes over what an `onError` handler changed. */
  apply(recovery: Recovery): void {
    checkParams(recovery.params);
    this.#headers = { ...this.#headers, ...lowerCaseNames(recovery.headers) };
    this.#params = { ...this.#params, ...recovery.params };
    this.#updateStatic();
  }

  /**
   * Sends one request. Rejects with a FetchError where no answer came, and with the signal's reason
   * as soon as a signal aborts.
   */
  async send(request: EndpointRequest): Promise<Answer> {
    const exchange = new Exchange(this.signals, request, this.timeoutMs);
    try {
      const params = this.#isStatic ? this.#params : await resolveValues(this.#params);
      const headers = this.#isStatic ? this.#headers : await resolveValues(this.#headers);
      return await exchange.run(this.#transport, {
        url: withQuery(this.url, params as Record<string, string>, request.query),
        headers: { ...(headers as Record<string, string>), ...request.headers },
      });
    } catch (error) {
      exchange.close();
      throw error;
    }
  }

  #updateStatic(): void {
    const values = [...Object.values(this.#headers), ...Object.values(this.#params)];
    this.#isStatic = values.every((value) => typeof value === "string");
  }
}

function definedOf(options: EndpointOptions): EndpointOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function lowerCaseNames(headers: Record<string, Resolvable> = {}): Record<string, Resolvable> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Parameters sorted by name: equal requests get equal URLs, and so one cache entry. */
function withQuery(
  url: URL,
  params: Record<string, string>,
  query: Record<string, string> | undefined,
): string {
  const { href, search } = url;
  // Reading searchParams costs more than all the rest, and most URLs have none.
  const own = search === "" ? undefined : Object.fromEntries(url.searchParams);
  const all: Record<string, string> = { ...own, ...params, ...query };
  let separator = "?";
  let text = search === "" ? href : href.slice(0, href.indexOf("?"));
  for (const name of Object.keys(all).sort()) {
    text += `${separator}${encodeURIComponent(name)}=${encodeURIComponent(all[name] ?? "")}`;
    separator = "&";
  }
  return text;
}
