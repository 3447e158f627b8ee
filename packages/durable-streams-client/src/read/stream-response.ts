import {
  aBoolean,
  addAsyncDispose,
  type AsyncDisposableLike,
  checkOption,
  concatBytes,
  toReadableStream,
} from "@freshet/core";
import { InvalidOptionError, invalidOption } from "../errors.ts";
import type { Offset, Position } from "../protocol/offset.ts";
import { type Batches, BatchSource } from "./batch-source.ts";
import type { Batch } from "./batches.ts";
import { ClosingIterator, type StreamIterator } from "./closing-iterator.ts";
import { ItemIterator } from "./item-iterator.ts";
import { type Decode, positionIn } from "./items.ts";
import { type EventModes, eventOf, hasNews, type StreamEvent } from "./stream-event.ts";
import type { StreamOptions } from "./stream-options.ts";
import type { StreamReader } from "./stream-reader.ts";

/**
 * A stream that is being read. It can be read once, by one of the methods; a second call throws
 * {@link StreamConsumedError}. A response that is not read to its end must be left (`break`),
 * cancelled, disposed or aborted, or it keeps its connection.
 *
 * `iter*` and the `*Stream()` methods follow a live stream until it is closed; `read*` stop at the
 * tail. Faults on the way are retried and leave no trace in the data. All methods reject with the
 * errors of this package, and with the signal's reason if it aborts.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the interface adds Symbol.asyncDispose
export class StreamResponse<T = unknown> implements AsyncIterable<Uint8Array> {
  readonly #reader: StreamReader;
  readonly #source: BatchSource<T>;
  /** The batch that was delivered last, and where in its segment the delivered data ends. */
  #batch: Batch<unknown> | undefined;
  #count: number = 0;
  #cancelReason: unknown;

  /** @internal Made by `stream()`. */
  constructor(
    reader: StreamReader,
    start: Position,
    options: Pick<StreamOptions<T>, "schema" | "onCut">,
  ) {
    this.#reader = reader;
    this.#source = new BatchSource(reader, start, options);
  }

  /** The stream's URL. */
  get url(): string {
    return this.#reader.url;
  }

  /** The stream's content type, once it is known. */
  get contentType(): string | undefined {
    return this.#reader.contentType;
  }

  /**
   * The position after the data that the consumer has received, never ahead of it:
   * `stream(url, { offset: res.offset })` delivers exactly the rest.
   */
  get offset(): Offset {
    return this.#batch ? positionIn(this.#batch, this.#count) : this.#source.offset;
  }

  /** True when the consumer has received everything up to the tail. */
  get upToDate(): boolean {
    return this.#isAtEnd && this.#batch?.segment.upToDate === true;
  }

  /** True when the consumer has received everything and the stream is closed. */
  get closed(): boolean {
    return this.#isAtEnd && this.#batch?.segment.closed === true;
  }

  /**
   * Resolves when the reading ends: true if everything was received and the stream is closed, false if
   * it ended before that (at the tail, by a `break`). Rejects with the error that ended it.
   */
  async whenClosed(): Promise<boolean> {
    await this.#reader.ended;
    return this.closed;
  }

  /** The server's last `Stream-Cursor`, which live requests echo. */
  get cursor(): string | undefined {
    return this.#batch?.segment.cursor;
  }

  /** The ETag of the last page, for the `etag` option of a later `stream()` from the same offset. */
  get etag(): string | undefined {
    return this.#reader.etag;
  }

  /** True when the `etag` option was set and the data is unchanged: no data follows. */
  get notModified(): boolean {
    return this.#reader.notModified;
  }

  /** The stream's bytes; for a JSON stream the pages as they arrived, each of them a JSON array. */
  [Symbol.asyncIterator](): StreamIterator<Uint8Array> {
    return new ClosingIterator(this.#delivered(this.#source.bytes()), this.#reader);
  }

  /** The stream's text, never cut inside a character. `encoding` as for `TextDecoder` (utf-8). */
  iterText(encoding?: string): StreamIterator<string> {
    return new ClosingIterator(this.#delivered(this.#source.text(encoding)), this.#reader);
  }

  /** The items of a JSON stream, one by one. */
  iterJson<U = T>(decode?: Decode<U>): StreamIterator<U> {
    return new ItemIterator(
      this.#source.items(decode),
      (item, batch, count) => {
        this.#deliver(batch, count);
        return item;
      },
      (batch) => {
        this.#deliver(batch, batch.to);
        return undefined;
      },
      this.#reader,
    );
  }

  /** The items of a JSON stream in batches as they arrive; a batch is never empty. */
  iterJsonBatches<U = T>(decode?: Decode<U>): StreamIterator<U[]> {
    return new ClosingIterator(this.#delivered(this.#source.items(decode)), this.#reader);
  }

  /**
   * Data with the position after it; in mode "json" one event per item. Other modes also have events
   * with empty data where the tail or the end is reached without data. With `tailEvents`, mode "json"
   * has them too, and their `data` is `undefined`.
   */
  iterEvents(options: {
    mode: "json";
    tailEvents: true;
  }): StreamIterator<StreamEvent<T | undefined>>;
  iterEvents<U>(options: {
    mode: "json";
    tailEvents: true;
    decode: Decode<U>;
  }): StreamIterator<StreamEvent<U | undefined>>;
  iterEvents<M extends keyof EventModes<T>>(options: {
    mode: M;
    encoding?: string;
    tailEvents?: false | undefined;
  }): StreamIterator<StreamEvent<EventModes<T>[M]>>;
  iterEvents<M extends "json" | "json-batches", U>(options: {
    mode: M;
    decode: Decode<U>;
    tailEvents?: false | undefined;
  }): StreamIterator<StreamEvent<EventModes<U>[M]>>;
  iterEvents(options: {
    mode: keyof EventModes<T>;
    encoding?: string;
    decode?: Decode<unknown>;
    tailEvents?: boolean | undefined;
  }): StreamIterator<StreamEvent<unknown>> {
    const { mode, encoding, decode, tailEvents } = options;
    checkOption("tailEvents", tailEvents, aBoolean, invalidOption);
    switch (mode) {
      case "json":
        return new ItemIterator(
          this.#source.items<unknown>(decode),
          (item, batch, count) => {
            this.#deliver(batch, count);
            return eventOf(item, batch, positionIn(batch, count), count === batch.to);
          },
          (batch) => {
            const isNews = tailEvents === true && hasNews(batch, this.upToDate);
            this.#deliver(batch, batch.to);
            return isNews ? eventOf(undefined, batch, batch.position, true) : undefined;
          },
          this.#reader,
        );
      case "json-batches":
        return new ClosingIterator(this.#events(this.#source.items<unknown>(decode)), this.#reader);
      case "text":
        return new ClosingIterator(this.#events(this.#source.text(encoding)), this.#reader);
      case "bytes":
        return new ClosingIterator(this.#events(this.#source.bytes()), this.#reader);
      default:
        throw new InvalidOptionError(
          `Invalid mode ${JSON.stringify(mode)}: expected "bytes", "text", "json" or "json-batches".`,
        );
    }
  }

  /** All bytes up to the tail. */
  async readBytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    await this.#read(this.#source.bytes(), (data) => chunks.push(data));
    return concatBytes(chunks);
  }

  /** All text up to the tail. */
  async readText(encoding?: string): Promise<string> {
    let text = "";
    await this.#read(this.#source.text(encoding), (data) => (text += data));
    return text;
  }

  /** All items up to the tail. */
  async readJson<U = T>(decode?: Decode<U>): Promise<U[]> {
    const items: U[] = [];
    await this.#read(this.#source.items(decode), (data) => {
      // Not push(...data): a batch may have more items than a call can have arguments.
      for (const item of data) items.push(item);
    });
    return items;
  }

  /** All items up to the tail, in the batches in which they arrived. */
  async readJsonBatches<U = T>(decode?: Decode<U>): Promise<U[][]> {
    const batches: U[][] = [];
    await this.#read(this.#source.items(decode), (data) => data.length > 0 && batches.push(data));
    return batches;
  }

  /** The bytes as a web stream, which reads only on demand. */
  bodyStream(): ReadableStream<Uint8Array> {
    return toReadableStream(this[Symbol.asyncIterator]());
  }

  /** The text as a web stream. */
  textStream(encoding?: string): ReadableStream<string> {
    return toReadableStream(this.iterText(encoding));
  }

  /** The items as a web stream. */
  jsonStream<U = T>(decode?: Decode<U>): ReadableStream<U> {
    return toReadableStream(this.iterJson(decode));
  }

  /**
   * Ends the reading immediately: iterators end, and no socket and no timer stays. A pending `read*`
   * has not read everything, so it rejects with `reason` (default: an `AbortError`).
   */
  cancel(reason?: unknown): void {
    this.#source.isConsumed = true;
    this.#cancelReason = reason ?? new DOMException("The reading was cancelled.", "AbortError");
    this.#reader.close();
  }

  get #isAtEnd(): boolean {
    return this.#batch?.complete === true && this.#count === this.#batch.to;
  }

  #deliver(batch: Batch<unknown>, count: number): void {
    this.#batch = batch;
    this.#count = count;
  }

  async *#delivered<B extends { length: number }>(
    batches: Batches<B>,
  ): AsyncGenerator<B, void, undefined> {
    for await (const batch of batches) {
      this.#deliver(batch, batch.to);
      if (batch.data.length > 0) yield batch.data;
    }
  }

  async *#events<B extends { length: number }>(
    batches: Batches<B>,
  ): AsyncGenerator<StreamEvent<B>, void, undefined> {
    for await (const batch of batches) {
      const isNews = batch.data.length > 0 || hasNews(batch, this.upToDate);
      this.#deliver(batch, batch.to);
      if (isNews) yield eventOf(batch.data, batch, batch.position, true);
    }
  }

  async #read<B>(batches: Batches<B>, take: (data: B) => unknown): Promise<void> {
    this.#reader.limitRetries();
    for await (const batch of batches) {
      take(batch.data);
      this.#deliver(batch, batch.to);
      if (this.upToDate) return;
    }
    // The batches end before the tail only after a cancel.
    throw this.#cancelReason;
  }
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- the method is added below
export interface StreamResponse<T> extends AsyncDisposableLike {}
addAsyncDispose(StreamResponse.prototype, (response) => response.cancel());
