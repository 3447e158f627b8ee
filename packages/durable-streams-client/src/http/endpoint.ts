import { abortable, type BackoffOptions, defaultBackoff, resolveBackoff } from "@freshet/core";
import { platformTransport } from "#transport";
import { invalidOption } from "../errors.ts";
import {
  checkEndpointOptions,
  type EndpointOptions,
  type ErrorHandler,
  type Recovery,
  type Resolvable,
  retryOptions,
} from "./endpoint-options.ts";
import { type EndpointRequest, type EndpointResponse, Exchange } from "./exchange.ts";
import {
  checkHeaders,
  checkParams,
  definedOf,
  lowerCaseNames,
  resolveValues,
} from "./request-values.ts";
import { secretsOf } from "./secrets.ts";
import { shownUrl } from "./shown-url.ts";
import { parseStreamUrl } from "./stream-url.ts";
import { fetchTransport } from "./transport-fetch.ts";
import type { Transport } from "./transport.ts";

type Parameter = readonly [name: string, value: string];

/** A stream's URL with everything that its requests have in common. It sends, but never retries. */
export class Endpoint {
  readonly url: URL;
  readonly retry: Readonly<BackoffOptions>;
  /** Whether the caller limited the retries; otherwise a live session retries without end. */
  readonly hasRetryLimit: boolean;
  /** An abort of any of them ends everything. */
  readonly signals: readonly AbortSignal[];
  readonly timeoutMs: number;
  readonly onError: ErrorHandler | undefined;
  readonly #options: EndpointOptions;
  readonly #transport: Transport;
  /** The URL without its query. */
  readonly #base: string;
  /** The query parameters of the URL itself. */
  readonly #query: readonly Parameter[];
  #headers: Record<string, Resolvable>;
  #params: Record<string, Resolvable>;
  #isStatic: boolean = false;

  constructor(
    url: string | URL,
    options: EndpointOptions,
    inheritedSignals: readonly AbortSignal[] = [],
  ) {
    checkEndpointOptions(options);
    const retry = retryOptions(options);
    this.url = parseStreamUrl(url, options.warnOnHttp);
    // Not with `search`, which is empty for a URL that ends in "?".
    this.#base = this.url.href.split("?", 1)[0] ?? "";
    this.#query = [...this.url.searchParams];
    this.retry = resolveBackoff(retry, defaultBackoff, invalidOption);
    this.hasRetryLimit = retry === false || retry?.maxRetries !== undefined;
    this.timeoutMs = options.timeoutMs ?? 30_000;
    const signals = options.signal ? [...inheritedSignals, options.signal] : inheritedSignals;
    for (const signal of signals) signal.throwIfAborted();
    this.signals = [...new Set(signals)];
    this.onError = options.onError;
    this.#options = options;
    this.#transport = options.fetch
      ? fetchTransport(options.fetch)
      : platformTransport(options.dispatcher);
    this.#headers = lowerCaseNames(options.headers);
    this.#params = definedOf(options.params);
    this.#checkValues();
  }

  /** An endpoint with further options, which take precedence over these. */
  with(options: EndpointOptions): Endpoint {
    checkEndpointOptions(options);
    return new Endpoint(
      this.url,
      {
        ...this.#options,
        ...definedOf(options),
        retry: retryOptions(options) ?? retryOptions(this.#options),
        headers: { ...this.#headers, ...lowerCaseNames(options.headers) },
        params: { ...this.#params, ...definedOf(options.params) },
      },
      this.signals,
    );
  }

  /** The URL for errors and logs. */
  get shownUrl(): string {
    return shownUrl(this.url);
  }

  get isAborted(): boolean {
    // A loop, since this runs for every item that is read.
    for (const signal of this.signals) if (signal.aborted) return true;
    return false;
  }

  /** Applies the changes of an `onError` handler. */
  apply(recovery: Recovery): void {
    this.#headers = { ...this.#headers, ...lowerCaseNames(recovery.headers) };
    this.#params = { ...this.#params, ...definedOf(recovery.params) };
    this.#checkValues();
  }

  /**
   * Sends one request. Rejects with a FetchError if no response came, and with the signal's reason as
   * soon as a signal aborts.
   */
  async send(request: EndpointRequest): Promise<EndpointResponse> {
    const exchange = new Exchange(this.signals, request, this.timeoutMs);
    let resolved: Record<string, string> = {};
    try {
      const resolve = (values: Record<string, Resolvable>) =>
        this.#isStatic ? values : abortable(resolveValues(values), exchange.interrupt);
      const params = await resolve(this.#params);
      const headers = await resolve(this.#headers);
      resolved = { ...(headers as Record<string, string>), ...request.headers };
      return await exchange.run(this.#transport, {
        url: this.#withQuery({ ...(params as Record<string, string>), ...request.query }),
        headers: resolved,
        redirectHeaders: this.#options.redirectHeaders ?? [],
        secrets: () => secretsOf(headers, { ...Object.fromEntries(this.#query), ...params }),
      });
    } catch (error) {
      exchange.close();
      // A header that no transport can send is not a network error.
      checkHeaders(resolved);
      throw error;
    }
  }

  /** The URL with its parameters sorted by name: equal requests have equal URLs, and one cache entry. */
  #withQuery(set: Record<string, string>): string {
    const all: Parameter[] = Object.entries(set);
    for (const own of this.#query) if (!Object.hasOwn(set, own[0])) all.push(own);
    all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    let text = this.#base;
    let separator = "?";
    for (const [name, value] of all) {
      text += `${separator}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
      separator = "&";
    }
    return text;
  }

  #checkValues(): void {
    checkHeaders(this.#headers);
    checkParams(this.#params);
    const values = [...Object.values(this.#headers), ...Object.values(this.#params)];
    this.#isStatic = values.every((value) => typeof value === "string");
  }
}
