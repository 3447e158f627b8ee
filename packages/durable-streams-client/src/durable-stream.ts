import { abortable } from "./http/abortable.ts";
import type { AppendResult } from "./write/append-batch.ts";
import { AppendQueue, type AppendRequest } from "./write/append-queue.ts";
import { type AppendSource, streamedBody } from "./write/append-source.ts";
import { encodeValue, snapshot } from "./write/encode.ts";
import { ContentType, unknownType } from "./write/content-type.ts";
import { createHeaders, forkHeaders, type ForkOptions } from "./write/creation.ts";
import type {
  CloseResult,
  CreateOptions,
  DurableStreamOptions,
} from "./write/durable-stream-options.ts";
import { Endpoint } from "./http/endpoint.ts";
import { StreamNotFoundError } from "./errors.ts";
import { type HeadResult, headResult } from "./write/head.ts";
import { checkInteger, checkToken } from "./http/endpoint-options.ts";
import { header, isJson } from "./protocol/headers.ts";
import { openStream, type StreamOptions } from "./read/stream.ts";
import type { StreamResponse } from "./read/stream-response.ts";
import { appendSink, type WritableOptions } from "./write/writable.ts";
import { sendWrite } from "./write/send-write.ts";

const noOptions = {};

/** What a producer needs of its stream beside the public part. */
export interface StreamInternals {
  readonly endpoint: Endpoint;
  /** Known at once where it is known at all; else asked for until it is, `maxRetries` times. */
  contentType(maxRetries: number): string | Promise<string>;
}

/** For this package's own modules. */
export let internalsOf: (stream: DurableStream) => StreamInternals;

/**
 * A stream to write to, and to read from.
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
  static {
    internalsOf = (stream) => ({
      endpoint: stream.#endpoint,
      contentType: (maxRetries) => stream.#content.value ?? stream.#content.ask(maxRetries),
    });
  }

  readonly #endpoint: Endpoint;
  readonly #options: DurableStreamOptions;
  readonly #queue: AppendQueue;
  readonly #content: ContentType;
  #created: boolean | undefined;

  /** For a stream that is known to exist; sends nothing. Throws {@link InvalidOptionError}. */
  constructor(options: DurableStreamOptions) {
    this.#endpoint = new Endpoint(options.url, options);
    this.#options = options;
    this.#content = new ContentType(options.contentType, (maxRetries) =>
      this.#head(undefined, maxRetries),
    );
    this.#queue = new AppendQueue({
      send: (request) => this.#sendAppend(request),
      batching: options.batching ?? true,
      maxBatchBytes: checkInteger("maxBatchBytes", options.maxBatchBytes ?? 1024 * 1024, 1),
    });
  }

  /**
   * Creates the stream, or makes sure that it exists as described.
   *
   * @throws StreamExistsError if another one is there
   */
  static async create(options: CreateOptions): Promise<DurableStream> {
    const stream = new DurableStream(options);
    const isJsonStream = isJson(options.contentType);
    const encoded =
      options.body === undefined ? undefined : encodeValue(options.body, isJsonStream);
    // A JSON array is taken apart by the server: the body is one message all the same.
    const body = typeof encoded === "string" ? `[${encoded}]` : encoded;
    await stream.#put(createHeaders(options), body);
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
   * Of {@link DurableStream.create} and `fork`: whether the stream was made by it or was there;
   * `undefined` where an answer was lost on the way and it may be either.
   */
  get created(): boolean | undefined {
    return this.#created;
  }

  /** What the server knows about the stream. Throws {@link StreamNotFoundError}. */
  async head(options: { signal?: AbortSignal } = {}): Promise<HeadResult> {
    return this.#head(options.signal);
  }

  async #head(signal: AbortSignal | undefined, maxRetries?: number): Promise<HeadResult> {
    const answer = await sendWrite(this.#endpoint, {
      method: "HEAD",
      signal,
      maxRetries,
      isRepeatable: true,
      expects: [header.nextOffset],
    });
    this.#content.value ??= answer.header("content-type");
    return headResult(answer);
  }

  /**
   * Appends one value: what JSON can hold to a JSON stream, a string or bytes to another. Resolves when
   * it is stored. Appends that wait at the same time share a request, and keep their order.
   *
   * At most once: where it is not known whether the value was stored, it is not sent again, and the
   * error has `maybeStored: true`. With `seq`, a sequence string that sorts after all before it, it
   * is sent again, since the server refuses it the second time: a {@link SeqConflictError} with
   * `maybeStored: true` then means that the value, or another with this `seq`, is in the stream.
   */
  append(
    value: unknown,
    options: { seq?: string; signal?: AbortSignal } = noOptions,
  ): Promise<AppendResult> {
    try {
      const learning = this.#content.learn();
      if (learning) {
        const asItIs = snapshot(value);
        return inTurn(learning, () => this.append(asItIs, options), options.signal);
      }
      options.signal?.throwIfAborted();
      if (options.seq !== undefined) checkToken("seq", options.seq);
      return this.#queue.add(encodeValue(value, this.#content.isJson), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Appends the values of a source in one request whose body is made as they come, no faster than the
   * server takes them: all of them, or none, are stored. Values are those of `append`.
   *
   * A source that can be read once is never sent again; a function that gives a new one is, where a
   * repetition is safe (`seq`). Browsers send such bodies over HTTP/2 and later only; where they do
   * not, it rejects, and `writable()` is the way.
   */
  async appendStream(
    source: AppendSource,
    options: { seq?: string; signal?: AbortSignal } = {},
  ): Promise<AppendResult> {
    const { seq, signal } = options;
    if (seq !== undefined) checkToken("seq", seq);
    const add = () => {
      signal?.throwIfAborted();
      const encoded = streamedBody(source, this.#content.isJson);
      return this.#queue.add(encoded, { seq, signal });
    };
    const learning = this.#content.learn();
    return learning ? inTurn(learning, add, signal) : add();
  }

  /**
   * A web stream whose values are appended one by one, batched like other appends. It takes no more
   * than `maxInFlight` before the server has them, and errors with the first append that fails.
   */
  writable(options: WritableOptions = {}): WritableStream<unknown> {
    const target = {
      append: (value: unknown, signal: AbortSignal) => this.append(value, { signal }),
      close: (signal: AbortSignal) => this.close(undefined, { signal }),
    };
    return new WritableStream(appendSink(target, options));
  }

  /**
   * Closes the stream for good, after the appends made so far, with a last value in the same request
   * if one is given: either both happen or neither.
   *
   * @throws StreamClosedError if there is a last value and the stream was closed already
   */
  async close(finalValue?: unknown, options: { signal?: AbortSignal } = {}): Promise<CloseResult> {
    const { signal } = options;
    const add = (value: unknown) => {
      signal?.throwIfAborted();
      const encoded = value === undefined ? undefined : encodeValue(value, this.#content.isJson);
      return this.#queue.add(encoded, { closes: true, signal });
    };
    // Without a value it need not know the content type, but what waits for it goes first.
    const needsType = finalValue !== undefined || this.#content.isAwaited;
    const learning = needsType ? this.#content.learn() : undefined;
    const asItIs = learning ? snapshot(finalValue) : finalValue;
    const closing = learning ? inTurn(learning, () => add(asItIs), signal) : add(finalValue);
    return { finalOffset: (await closing).nextOffset };
  }

  /** Deletes the stream and its data. Throws {@link StreamNotFoundError} if there was none. */
  async delete(options: { signal?: AbortSignal } = {}): Promise<void> {
    try {
      await sendWrite(this.#endpoint, {
        method: "DELETE",
        signal: options.signal,
        isRepeatable: true,
        expects: [],
      });
    } catch (error) {
      // The first try got through, and only its answer did not.
      if (!(error instanceof StreamNotFoundError && error.maybeStored)) throw error;
    }
  }

  /**
   * Makes a new stream at `url` that begins with this one's data up to `offset` (default: all of it).
   * A position of this package works as `offset`; it stands for the sub-offset too.
   */
  async fork(url: string | URL, options: ForkOptions = {}): Promise<DurableStream> {
    const fork = new DurableStream({ ...this.#options, contentType: undefined, ...options, url });
    await fork.#put(forkHeaders(this.#endpoint.url, options), undefined);
    return fork;
  }

  /** Reads the stream, with this handle's options under those given here. */
  async stream<T = unknown>(options: StreamOptions<T> = {}): Promise<StreamResponse<T>> {
    return openStream(this.#endpoint.with(options), options, this.#content.value);
  }

  async #put(
    headers: Record<string, string>,
    body: string | Uint8Array | undefined,
  ): Promise<void> {
    if (this.#options.contentType !== undefined)
      headers["content-type"] = this.#options.contentType;
    const answer = await sendWrite(this.#endpoint, {
      method: "PUT",
      headers,
      body,
      isRepeatable: true,
      expects: [header.nextOffset],
    });
    this.#content.value = answer.header("content-type") ?? this.#content.value;
    // After a try whose answer was lost nobody knows.
    this.#created =
      answer.status !== 201 && answer.afterUnknown ? undefined : answer.status === 201;
  }

  async #sendAppend(request: AppendRequest): Promise<AppendResult> {
    const { body, seq, closes, signal } = request;
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = this.#content.value ?? unknownType;
    if (seq !== undefined) headers[header.seq] = seq;
    if (closes) headers[header.closed] = "true";
    const answer = await sendWrite(this.#endpoint, {
      method: "POST",
      headers,
      body,
      signal,
      isRepeatable: closes || seq !== undefined || this.#options.retryAppends === "always",
      expects: [header.nextOffset, header.producerSeq],
    });
    const result: AppendResult = { nextOffset: answer.header(header.nextOffset) ?? "" };
    const isNumbered = answer.header(header.producerSeq) !== undefined;
    return isNumbered && answer.status === 204 ? { ...result, duplicate: true } : result;
  }
}

/** After the writes that wait already; none waits longer than for the abort. */
function inTurn<T>(
  learning: Promise<unknown>,
  add: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  // Not abortable(learning): writes without a signal would overtake those that have one.
  const added = learning.then(add);
  return signal ? abortable(added, signal) : added;
}
