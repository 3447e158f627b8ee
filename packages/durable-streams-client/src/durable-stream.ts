import { checkOptions } from "@freshet/core";
import { invalidOption, StreamNotFoundError } from "./errors.ts";
import { retryOptions } from "./http/endpoint-options.ts";
import { Endpoint } from "./http/endpoint.ts";
import { definedOf } from "./http/request-values.ts";
import { IdempotentProducer } from "./idempotent-producer.ts";
import { header, isJson, writeHeader } from "./protocol/headers.ts";
import type { StreamResponse } from "./read/stream-response.ts";
import type { StreamOptions } from "./read/stream-options.ts";
import { openStream } from "./read/stream.ts";
import type { AppendResult } from "./write/append-batch.ts";
import { AppendQueue, type AppendRequest } from "./write/append-queue.ts";
import { type AppendSource, streamedBody } from "./write/append-source.ts";
import {
  type AppendOptions,
  type CallOptions,
  checkCallOptions,
  noOptions,
} from "./write/call-options.ts";
import { ContentType, inTurn, unknownType } from "./write/content-type.ts";
import { creationRequest, forkHeaders, type ForkOptions } from "./write/creation.ts";
import {
  type CloseResult,
  type CreateOptions,
  type DurableStreamOptions,
  handleRules,
} from "./write/durable-stream-options.ts";
import { encodeValue, snapshot } from "./write/encode.ts";
import { type HeadResult, headResult } from "./write/head.ts";
import { randomId } from "./write/random.ts";
import { sendWrite } from "./write/send-write.ts";
import { streamInternals } from "./write/stream-internals.ts";
import { checkWritableOptions, type WritableOptions } from "./write/writable.ts";

/**
 * A handle of one stream, to write to it and to read it.
 *
 * @example
 * ```ts
 * import { DurableStream } from "@freshet/durable-streams-client";
 *
 * const chat = await DurableStream.create({
 *   url: "https://streams.example.com/chat",
 *   contentType: "application/json",
 * });
 * await chat.append({ text: "hello" });
 * await chat.close();
 * ```
 */
export class DurableStream {
  readonly #endpoint: Endpoint;
  readonly #options: DurableStreamOptions;
  readonly #queue: AppendQueue;
  readonly #content: ContentType;
  #created: boolean | undefined;

  /** Makes a handle of a stream that exists; sends nothing. Throws {@link InvalidOptionError}. */
  constructor(options: DurableStreamOptions) {
    checkOptions(options, handleRules, invalidOption);
    this.#endpoint = new Endpoint(options.url, options);
    this.#options = options;
    this.#content = new ContentType(options.contentType, (maxRetries) =>
      this.#head(undefined, maxRetries),
    );
    this.#queue = new AppendQueue({
      send: (request) => this.#sendAppend(request),
      batching: options.batching ?? true,
      maxBatchBytes: options.maxBatchBytes ?? 1024 * 1024,
    });
    streamInternals.set(this, {
      endpoint: this.#endpoint,
      contentType: (maxRetries) => this.#content.value ?? this.#content.request(maxRetries),
    });
  }

  /**
   * Creates the stream, or makes sure that it exists with these options.
   *
   * @throws StreamExistsError if the stream exists with other options
   */
  static async create(options: CreateOptions): Promise<DurableStream> {
    const stream = new DurableStream(options);
    const { headers, body } = creationRequest(options, isJson(options.contentType));
    await stream.#put(headers, body);
    return stream;
  }

  /**
   * Makes sure that the stream exists, and learns its content type.
   *
   * @throws StreamNotFoundError
   */
  static async connect(options: DurableStreamOptions): Promise<DurableStream> {
    const stream = new DurableStream(options);
    await stream.head();
    return stream;
  }

  get url(): string {
    return this.#endpoint.url.href;
  }

  /** The stream's content type, once it is known. */
  get contentType(): string | undefined {
    return this.#content.value;
  }

  /**
   * Whether {@link DurableStream.create} or `fork` made the stream (true) or found it (false);
   * `undefined` if a lost response leaves that open.
   */
  get created(): boolean | undefined {
    return this.#created;
  }

  /** The stream's metadata. Throws {@link StreamNotFoundError}. */
  async head(options: CallOptions = noOptions): Promise<HeadResult> {
    checkCallOptions(options);
    return this.#head(options.signal);
  }

  async #head(signal: AbortSignal | undefined, maxRetries?: number): Promise<HeadResult> {
    const response = await sendWrite(this.#endpoint, {
      method: "HEAD",
      signal,
      maxRetries,
      isRepeatable: true,
      expects: [header.nextOffset],
    });
    this.#content.value ??= response.header("content-type");
    return headResult(response);
  }

  /**
   * Appends one value: a JSON value to a JSON stream, a string or bytes to any other. Resolves when it
   * is stored. Appends that wait at the same time share a request and keep their order.
   *
   * A value is stored at most once: if it may already be stored, it is not sent again, and the error
   * has `maybeStored: true`. With `seq`, a string that sorts after that of every earlier append, it is
   * sent again, since the server rejects a second one: a {@link SeqConflictError} with
   * `maybeStored: true` then means that the value, or another with this `seq`, is in the stream.
   */
  append(value: unknown, options: AppendOptions = noOptions): Promise<AppendResult> {
    try {
      checkCallOptions(options);
      const resolving = this.#content.resolve();
      if (resolving) {
        const copy = snapshot(value);
        return inTurn(resolving, () => this.append(copy, options), options.signal);
      }
      options.signal?.throwIfAborted();
      return this.#queue.add(encodeValue(value, this.#content.isJson), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Appends the values of a source in one request, whose body is produced no faster than the server
   * reads it. All of the values are stored, or none. Values are those of `append`.
   *
   * A source that can be read once is never sent again; a function that returns a new source is, if a
   * repetition is safe (`seq`). Browsers send such bodies only over HTTP/2 and later; elsewhere in
   * browsers this rejects, so use `writable()`.
   */
  async appendStream(
    source: AppendSource,
    options: AppendOptions = noOptions,
  ): Promise<AppendResult> {
    checkCallOptions(options);
    const { seq, signal } = options;
    const add = () => {
      signal?.throwIfAborted();
      const encoded = streamedBody(source, this.#content.isJson);
      return this.#queue.add(encoded, { seq, signal });
    };
    const resolving = this.#content.resolve();
    return resolving ? inTurn(resolving, add, signal) : add();
  }

  /**
   * A web stream whose values are stored exactly once and in order, by an {@link IdempotentProducer} with
   * a random id. A write waits while `maxPendingBytes` are not stored; the first failure errors the
   * stream. Closing it stores everything, and closes the durable stream only with `closeStream: true`.
   */
  writable(writableOptions: WritableOptions = {}): WritableStream<unknown> {
    checkWritableOptions(writableOptions);
    const { closeStream, maxPendingBytes } = writableOptions;
    const options = { autoClaim: true, maxPendingBytes };
    const producer = new IdempotentProducer(this, randomId(), options, true);
    return producer.writable({ closeStream });
  }

  /**
   * Closes the stream after all earlier appends. A last value goes in the same request, so that both
   * happen or neither.
   *
   * @throws StreamClosedError if the stream was closed already and there is a last value
   */
  async close(finalValue?: unknown, options: CallOptions = noOptions): Promise<CloseResult> {
    checkCallOptions(options);
    const { signal } = options;
    const add = (value: unknown) => {
      signal?.throwIfAborted();
      const encoded = value === undefined ? undefined : encodeValue(value, this.#content.isJson);
      return this.#queue.add(encoded, { closes: true, signal });
    };
    // Without a value it needs no content type, but writes that wait for that go first.
    const needsType = finalValue !== undefined || this.#content.isAwaited;
    const resolving = needsType ? this.#content.resolve() : undefined;
    const copy = resolving ? snapshot(finalValue) : finalValue;
    const closing = resolving ? inTurn(resolving, () => add(copy), signal) : add(finalValue);
    return { finalOffset: (await closing).nextOffset };
  }

  /** Deletes the stream and its data. Throws {@link StreamNotFoundError} if it does not exist. */
  async delete(options: CallOptions = noOptions): Promise<void> {
    checkCallOptions(options);
    try {
      await sendWrite(this.#endpoint, {
        method: "DELETE",
        signal: options.signal,
        isRepeatable: true,
        expects: [],
      });
    } catch (error) {
      // An earlier attempt deleted it, and only its response was lost.
      if (!(error instanceof StreamNotFoundError && error.maybeStored)) throw error;
    }
  }

  /**
   * Creates a stream at `url` that begins with this one's data up to `offset` (default: all of it).
   * `offset` may be a position of this package, which includes the sub-offset.
   */
  async fork(url: string | URL, options: ForkOptions = {}): Promise<DurableStream> {
    const headers = forkHeaders(this.#endpoint.url, options);
    const fork = new DurableStream({
      ...this.#options,
      contentType: undefined,
      ...definedOf(options),
      retry: retryOptions(options) ?? retryOptions(this.#options),
      url,
    });
    await fork.#put(headers, undefined);
    return fork;
  }

  /** Reads the stream with this handle's options; those passed here take precedence. */
  async stream<T = unknown>(options: StreamOptions<T> = {}): Promise<StreamResponse<T>> {
    return openStream(this.#endpoint.with(options), options, this.#content.value);
  }

  async #put(
    headers: Record<string, string>,
    body: string | Uint8Array | undefined,
  ): Promise<void> {
    if (this.#options.contentType !== undefined)
      headers["content-type"] = this.#options.contentType;
    const response = await sendWrite(this.#endpoint, {
      method: "PUT",
      headers,
      body,
      isRepeatable: true,
      expects: [header.nextOffset],
    });
    this.#content.value = response.header("content-type") ?? this.#content.value;
    // After an attempt whose response was lost, a 200 may be either.
    this.#created =
      response.status !== 201 && response.afterUnknown ? undefined : response.status === 201;
  }

  async #sendAppend(request: AppendRequest): Promise<AppendResult> {
    const { body, seq, closes, signal } = request;
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = this.#content.value ?? unknownType;
    if (seq !== undefined) headers[writeHeader.seq] = seq;
    if (closes) headers[header.closed] = "true";
    const response = await sendWrite(this.#endpoint, {
      method: "POST",
      headers,
      body,
      signal,
      isRepeatable: closes || seq !== undefined || this.#options.retryAppends === "always",
      expects: [header.nextOffset, writeHeader.producerSeq],
    });
    const result: AppendResult = { nextOffset: response.header(header.nextOffset) ?? "" };
    const isNumbered = response.header(writeHeader.producerSeq) !== undefined;
    return isNumbered && response.status === 204 ? { ...result, duplicate: true } : result;
  }
}
