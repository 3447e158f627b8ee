import { backoffDelayMs, defaultBackoff, delay, type BackoffOptions } from "@freshet/core";
import { BedrockError } from "../bedrock-error.ts";
import { converseRequest, invokeRequest, type UnsignedRequest } from "./unsigned-request.ts";
import { BedrockResponse } from "./bedrock-response.ts";
import type { ConverseStreamEvent } from "../decode/converse-events.ts";
import type { ConverseStreamRequest, InvokeModelStreamRequest } from "./converse-request.ts";
import type { AwsCredentialProvider, AwsCredentials } from "./aws-credentials.ts";
import { converseStream, invokeModelStream } from "../decode/decode-stream.ts";
import { environment } from "./environment.ts";
import { HttpAttempt, type Decode, type Fetch } from "./http-attempt.ts";
import type { RequestSigner } from "./request-signer.ts";

/** Options of {@link BedrockClient}. */
export interface BedrockClientOptions {
  /** Default: `AWS_REGION`. Not needed with `endpoint` and an API key. */
  region?: string | undefined;
  /** A Bedrock API key. Default: `AWS_BEARER_TOKEN_BEDROCK`, unless `credentials` are given. */
  apiKey?: string | undefined;
  /**
   * AWS credentials, or a function that gives them, called again before they expire. Default: the
   * process's `AWS_ACCESS_KEY_ID` and so on, then the AWS chain if @aws-sdk/credential-provider-node
   * is installed.
   */
  credentials?: AwsCredentials | AwsCredentialProvider | undefined;
  /** The base URL. Default: `https://bedrock-runtime.{region}.amazonaws.com`. */
  endpoint?: string | undefined;
  /** Default: the platform's. */
  fetch?: Fetch | undefined;
  /**
   * Retries of what is retryable, only before the first event. Default: 3 retries, at first within
   * 200 ms, at most 20 s, all of it jittered. `false`: none. A longer `Retry-After` than `maxDelayMs` is not
   * waited for: the error has it as `retryAfterMs`.
   */
  retry?: Partial<BackoffOptions> | false | undefined;
  /** The longest wait for the first bytes of a response, in ms. Default 120,000; `Infinity`: no limit. */
  firstByteTimeoutMs?: number | undefined;
  /** The longest silence inside a response, in ms. Default 120,000; `Infinity`: no limit. */
  idleTimeoutMs?: number | undefined;
}

/** Options of one call. */
export interface CallOptions {
  /** Rejects with the signal's own reason and closes the connection, also while waiting to retry. */
  signal?: AbortSignal | undefined;
}

const defaultTimeoutMs = 120_000;
const defaultRetry: BackoffOptions = {
  ...defaultBackoff,
  initialDelayMs: 200,
  maxDelayMs: 20_000,
  maxRetries: 3,
};

/**
 * Calls Bedrock's two streaming operations with `fetch`: signed with an API key or SigV4, retried
 * while nothing has arrived, and never silent for longer than you allow.
 *
 * @example
 * ```ts
 * import { BedrockClient } from "@freshet/bedrock-adapter";
 *
 * const client = new BedrockClient({ region: "us-east-1", apiKey: "your key" });
 * export async function ask(text: string): Promise<void> {
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

  /** @throws BedrockError VALIDATION if there is no region, or none that can be part of a host name */
  constructor(options: BedrockClientOptions = {}) {
    const { credentials, fetch, retry } = options;
    this.#apiKey =
      options.apiKey ?? (credentials ? undefined : environment("AWS_BEARER_TOKEN_BEDROCK"));
    this.#region = regionOf(options.region, options.endpoint !== undefined && !!this.#apiKey);
    this.#endpoint =
      options.endpoint?.replace(/\/+$/, "") ??
      `https://bedrock-runtime.${this.#region}.amazonaws.com`;
    this.#credentials = credentials;
    // Looked up for each call, so that a fetch that was replaced later (by a test, by tracing) is used.
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#retry =
      retry === false ? { ...defaultRetry, maxRetries: 0 } : { ...defaultRetry, ...retry };
    this.#firstByteTimeoutMs = options.firstByteTimeoutMs ?? defaultTimeoutMs;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? defaultTimeoutMs;
  }

  /**
   * Sends a conversation; resolves when the first event of the response is there.
   *
   * @throws BedrockError when the request is refused, or fails before its first event and the retries
   * are used up; the response throws what happens after that. The signal's own reason on abort.
   */
  converseStream(
    request: ConverseStreamRequest,
    options: CallOptions = {},
  ): Promise<BedrockResponse<ConverseStreamEvent>> {
    return this.#call(converseRequest(request), converseStream, options);
  }

  /**
   * Sends a model's own request; resolves when the first chunk of the response is there. `T` is what the
   * model sends, such as `AnthropicChunk`; nothing checks it.
   *
   * @throws BedrockError as {@link BedrockClient.converseStream}
   */
  invokeModelStream<T = unknown>(
    request: InvokeModelStreamRequest,
    options: CallOptions = {},
  ): Promise<BedrockResponse<T>> {
    return this.#call(invokeRequest(request), invokeModelStream<T>, options);
  }

  async #call<T>(
    request: UnsignedRequest,
    decode: Decode<T>,
    { signal }: CallOptions,
  ): Promise<BedrockResponse<T>> {
    for (let retry = 0; ; retry++) {
      signal?.throwIfAborted();
      try {
        return await this.#attempt(request, decode, signal);
      } catch (error) {
        if (signal?.aborted || retry >= this.#retry.maxRetries) throw error;
        if (!(error instanceof BedrockError) || !error.retryable) throw error;
        const asked = error.retryAfterMs ?? 0;
        if (asked > this.#retry.maxDelayMs) throw error;
        await delay(Math.max(asked, backoffDelayMs(retry, this.#retry)), signal);
      }
    }
  }

  async #attempt<T>(
    request: UnsignedRequest,
    decode: Decode<T>,
    signal: AbortSignal | undefined,
  ): Promise<BedrockResponse<T>> {
    const url = this.#endpoint + request.path;
    const attempt = new HttpAttempt(this.#firstByteTimeoutMs, signal);
    try {
      const headers = await attempt.race(this.#authorize(url, request));
      const response = await attempt.send(this.#fetch, url, {
        method: "POST",
        headers,
        body: request.body as BodyInit,
      });
      const stream = await attempt.read(response, decode, this.#idleTimeoutMs);
      return new BedrockResponse(stream, request.modelId, response.headers);
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
      // It is given the environment, and not left to import it: a bundle would get a chunk for five lines.
      ({ RequestSigner }) => new RequestSigner(this.#region, this.#credentials, environment),
    );
    return (await this.#signer).sign(url, request);
  }
}

function regionOf(given: string | undefined, isOptional: boolean): string {
  const region = given ?? environment("AWS_REGION");
  if (region === undefined && isOptional) return "";
  if (region === undefined) {
    throw new BedrockError("VALIDATION", "No region: pass `region` or set AWS_REGION.");
  }
  // It becomes part of the host name that the credentials are sent to.
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(region)) return region;
  throw new BedrockError("VALIDATION", `${JSON.stringify(region)} is no region.`);
}
