import {
  abortable,
  aFunction,
  anAbortSignal,
  checkOption,
  checkOptions,
  defaultBackoff,
  delay,
  httpUrl,
  nonEmptyString,
  resolveBackoff,
  retryDelayMs,
  secret,
  timeLimit,
  type BackoffOptions,
  type Fetch,
  type OptionRule,
  type OptionRules,
} from "@freshet/core";
import { BedrockError, invalidOption } from "../bedrock-error.ts";
import type { ConverseStreamEvent } from "../decode/converse-events.ts";
import type { AwsCredentialProvider, AwsCredentials } from "./aws-credentials.ts";
import { BedrockResponse } from "./bedrock-response.ts";
import type { ConverseStreamRequest, InvokeModelStreamRequest } from "./converse-request.ts";
import { environment } from "./environment.ts";
import type { DecodableBody } from "../decode/event-stream.ts";
import { HttpAttempt } from "./http-attempt.ts";
import type { RequestSigner } from "./request-signer.ts";
import { converseRequest, invokeRequest, type UnsignedRequest } from "./unsigned-request.ts";

/** Options of {@link BedrockClient}. */
export interface BedrockClientOptions {
  /** The AWS region. Default: `AWS_REGION`. Not needed with `endpoint` and an API key. */
  region?: string | undefined;
  /** A Bedrock API key. Default: `AWS_BEARER_TOKEN_BEDROCK`, unless `credentials` are given. */
  apiKey?: string | undefined;
  /**
   * AWS credentials, or a function that returns them and is called again before they expire. Default:
   * the environment's `AWS_ACCESS_KEY_ID` and so on, then the AWS chain if
   * @aws-sdk/credential-provider-node is installed.
   */
  credentials?: AwsCredentials | AwsCredentialProvider | undefined;
  /** The base URL. Default: `https://bedrock-runtime.{region}.amazonaws.com`. */
  endpoint?: string | URL | undefined;
  /** Sends the requests. Default: the platform's `fetch`. */
  fetch?: Fetch | undefined;
  /**
   * Retries of retryable failures before the first event. Default: 3 retries, the first within 200 ms,
   * the others within at most 20 s, fully jittered. `false`: no retries. When `Retry-After` is longer
   * than `maxRetryAfterMs` (5 minutes), the call fails immediately; the error has `retryAfterMs`.
   */
  retry?: Partial<BackoffOptions> | false | undefined;
  /** The longest wait for the first bytes of a response, in ms. Default 120,000; `Infinity` for no limit. */
  firstByteTimeoutMs?: number | undefined;
  /** The longest silence inside a response, in ms. Default 120,000; `Infinity` for no limit. */
  idleTimeoutMs?: number | undefined;
}

/** Options of one call. */
export interface CallOptions {
  /** Rejects with the signal's own reason and closes the connection, also during the wait for a retry. */
  signal?: AbortSignal | undefined;
}

const credentialsRule: OptionRule = secret({
  expected: "an object with accessKeyId and secretAccessKey, or a function",
  accepts: (value) => typeof value === "function" || isCredentials(value),
});

const regionRule: OptionRule = {
  expected: 'an AWS region such as "us-east-1"',
  // It becomes part of the host name that the credentials are sent to.
  accepts: (value) =>
    typeof value === "string" && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value),
};

const rules: OptionRules<BedrockClientOptions> = {
  region: regionRule,
  apiKey: secret(nonEmptyString),
  credentials: credentialsRule,
  endpoint: httpUrl,
  fetch: aFunction,
  firstByteTimeoutMs: timeLimit,
  idleTimeoutMs: timeLimit,
};

const callRules: OptionRules<CallOptions> = { signal: anAbortSignal };

const defaultTimeoutMs = 120_000;
const defaultRetry: BackoffOptions = {
  ...defaultBackoff,
  initialDelayMs: 200,
  maxDelayMs: 20_000,
  maxRetries: 3,
};

/**
 * Calls Bedrock's two streaming operations with `fetch`: authorized by an API key or SigV4, retried until
 * the first event arrives, and with limits for silence.
 *
 * @example
 * ```ts
 * import { BedrockClient } from "@freshet/bedrock-adapter";
 *
 * const client = new BedrockClient({ region: "us-east-1", apiKey: "your key" });
 * export async function print(text: string): Promise<void> {
 *   const response = await client.converseStream({
 *     modelId: "us.anthropic.claude-sonnet-4-20250514-v1:0",
 *     messages: [{ role: "user", content: [{ text }] }],
 *   });
 *   for await (const event of response.toAgentEvents()) {
 *     if (event.type === "token") console.log(event.text);
 *   }
 * }
 * ```
 */
export class BedrockClient {
  readonly #endpoint: string;
  readonly #region: string;
  readonly #apiKey: string | undefined;
  readonly #credentials: BedrockClientOptions["credentials"];
  readonly #fetch: Fetch;
  readonly #retry: BackoffOptions;
  readonly #firstByteTimeoutMs: number;
  readonly #idleTimeoutMs: number;
  #signer: Promise<RequestSigner> | undefined;

  /** @throws BedrockError INVALID_OPTION, also if there is no region */
  constructor(options: BedrockClientOptions = {}) {
    checkOptions(options, rules, invalidOption);
    const { credentials, fetch, retry } = options;
    this.#apiKey =
      options.apiKey ?? (credentials ? undefined : environment("AWS_BEARER_TOKEN_BEDROCK"));
    this.#region = regionOf(options.region, options.endpoint !== undefined && !!this.#apiKey);
    this.#endpoint =
      options.endpoint?.toString().replace(/\/+$/, "") ??
      `https://bedrock-runtime.${this.#region}.amazonaws.com`;
    this.#credentials = credentials;
    // Looked up by each call, because a test or tracing may replace it later.
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#retry = resolveBackoff(retry, defaultRetry, invalidOption);
    this.#firstByteTimeoutMs = options.firstByteTimeoutMs ?? defaultTimeoutMs;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? defaultTimeoutMs;
  }

  /**
   * Sends a conversation. Resolves when the first event of the response is there.
   *
   * @throws BedrockError when the request is refused, or still fails before its first event after all
   * retries; the response throws later failures. The signal's own reason on abort.
   */
  async converseStream(
    request: ConverseStreamRequest,
    options: CallOptions = {},
  ): Promise<BedrockResponse<ConverseStreamEvent>> {
    return this.#call<ConverseStreamEvent>(converseRequest(request), options);
  }

  /**
   * Sends a request in the model's own format. Resolves when the first chunk of the response is there.
   * `T` is the model's type of chunk, such as `AnthropicChunk`; it is not checked.
   *
   * @throws BedrockError as {@link BedrockClient.converseStream}
   */
  async invokeModelStream<T = unknown>(
    request: InvokeModelStreamRequest,
    options: CallOptions = {},
  ): Promise<BedrockResponse<T>> {
    return this.#call<T>(invokeRequest(request), options);
  }

  async #call<T>(request: UnsignedRequest, options: CallOptions): Promise<BedrockResponse<T>> {
    checkOptions(options, callRules, invalidOption);
    const { signal } = options;
    for (let retry = 0; ; retry++) {
      signal?.throwIfAborted();
      try {
        return await this.#attempt(request, signal);
      } catch (error) {
        if (signal?.aborted || retry >= this.#retry.maxRetries) throw error;
        if (!(error instanceof BedrockError) || !error.retryable) throw error;
        const delayMs = retryDelayMs(retry, this.#retry, error.retryAfterMs);
        if (delayMs === undefined) throw error;
        await delay(delayMs, signal);
      }
    }
  }

  async #attempt<T>(
    request: UnsignedRequest,
    signal: AbortSignal | undefined,
  ): Promise<BedrockResponse<T>> {
    const url = this.#endpoint + request.path;
    const attempt = new HttpAttempt(this.#firstByteTimeoutMs, signal);
    try {
      const headers = await abortable(this.#authorize(url, request), attempt.signal);
      const response = await attempt.send(this.#fetch, url, {
        method: "POST",
        headers,
        body: request.body as NonNullable<RequestInit["body"]>,
      });
      const body = await attempt.open(response, request.operation, this.#idleTimeoutMs);
      return new BedrockResponse(body as DecodableBody<T>, request.modelId, response.headers);
    } catch (error) {
      attempt.end();
      throw error;
    }
  }

  async #authorize(url: string, request: UnsignedRequest): Promise<Headers> {
    if (this.#apiKey) {
      const headers = new Headers(request.headers);
      headers.set("authorization", `Bearer ${this.#apiKey}`);
      return headers;
    }
    this.#signer ??= import("./request-signer.ts").then(
      // `environment` is passed in because a bundler would make a chunk of its own for that module.
      ({ RequestSigner }) => new RequestSigner(this.#region, this.#credentials, environment),
    );
    return (await this.#signer).sign(url, request);
  }
}

function regionOf(given: string | undefined, isOptional: boolean): string {
  const region = given ?? environment("AWS_REGION");
  checkOption(given === undefined ? "AWS_REGION" : "region", region, regionRule, invalidOption);
  if (region !== undefined || isOptional) return region ?? "";
  throw invalidOption(
    `There is no region: pass region or set AWS_REGION to ${regionRule.expected}.`,
  );
}

function isCredentials(value: unknown): boolean {
  const { accessKeyId, secretAccessKey } = (value ?? {}) as Partial<AwsCredentials>;
  return nonEmptyString.accepts(accessKeyId) && nonEmptyString.accepts(secretAccessKey);
}
