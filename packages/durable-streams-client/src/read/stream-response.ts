import type { StandardSchemaV1 } from "@freshet/core";
import { type Batch, bytesCodec, type Codec, jsonCodec, readBatches } from "./batches.ts";
import { concat } from "../http/bytes.ts";
import { InvalidOptionError, StreamConsumedError } from "../errors.ts";
import { ItemIterator } from "./item-iterator.ts";
import { type Decode, decodeItems, positionIn } from "./items.ts";
import { formatPosition, type Offset, type Position } from "../protocol/offset.ts";
import { isJson } from "../protocol/headers.ts";
import { leaving, readableStream } from "../http/readable-stream.ts";
import { type EventModes, eventOf, hasNews, type StreamEvent } from "./stream-event.ts";
import type { StreamReader } from "./stream-reader.ts";
import { textBatches } from "./text-batches.ts";
import { TextSplitter } from "./text-splitter.ts";

type Batches<T> = AsyncGenerator<Batch<T>, void, undefined>;

/**
 * A stream being read. It is read once, in one of many ways: a second one throws
 * {@link StreamConsumedError}. One that is not read to its end must be left (`break`), cancelled or
 * aborted, or it keeps its connection.
 *
 * `iter*` and the `*Stream()` methods follow a live stream until it is closed; `read*` stop where
 * the reader is up to date. Faults on the way are retried and leave no mark in the data. All of them
 * fail with the errors of this package, and with the signal's reason if it aborts.
 */
export class StreamResponse<T = unknown> implements AsyncIterable<Uint8Array> {
  readonly #reader: StreamReader;
  readonly #start: Position;
  readonly #schema: StandardSchemaV1<unknown, T> | undefined;
  /** What the consumer was given last, and how many units of its segment that makes. */
  #batch: Batch<unknown> | undefined;
  #count: number = 0;
  #consumed: boolean = false;
  #cancelReason: unknown;

  /** @internal Made by `stream()`. */
  constructor(
    reader: StreamReader,
    start: Position,
    schema: StandardSchemaV1<unknown, T> | undefined,
  ) {
    this.#reader = reader;
    this.#start = start;
    this.#schema = schema;
  }

  /** The stream's URL. */
  get url(): string {
    return this.#reader.url;
  }

  /** The stream's content type, once an answer has told it. */
  get contentType(): string | undefined {
    return this.#reader.contentType;
  }

  /**
   * Where reading goes on after what the consumer was given, never ahead of it:
   * `stream(url, { offset: res.offset })` gives exactly the rest.
   */
  get offset(): Offset {
    const { offset, skip, unit } = this.#start;
    return this.#batch ? positionIn(this.#batch, this.#count) : formatPosition(offset, skip, unit);
  }

  /** True when the consumer was given all there was at the time. */
  get upToDate(): boolean {
    return this.#isAtEnd && this.#batch?.segment.upToDate === true;
  }

  /** True when the consumer was given everything and the stream is closed for good. */
  get closed(): boolean {
    return this.#isAtEnd && this.#batch?.segment.closed === true;
  }

  /** The server's last `Stream-Cursor`, which live requests echo. */
  get cursor(): string | undefined {
    return this.#batch?.segment.cursor;
  }

  /** The ETag of the last page, for the `etag` option of a later `stream()` from the same offset. */
  get etag(): string | undefined {
    return this.#reader.etag;
  }

  /** True when the `etag` option was given and the data is still what it stands for: nothing comes. */
  get notModified(): boolean {
    return this.#reader.notModified;
  }

  /** The stream's bytes. Of a JSON stream: the pages as they came, each of them a JSON array. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return leaving(this.#given(this.#bytes()), this.#leave);
  }

  /** The stream's text, never cut inside a character. `encoding` as for `TextDecoder` (utf-8). */
  iterText(encoding?: string): AsyncIterableIterator<string> {
    return leaving(this.#given(this.#text(encoding)), this.#leave);
  }

  /** The items of a JSON stream, one by one. */
  iterJson<U = T>(decode?: Decode<U>): AsyncIterableIterator<U> {
    return new ItemIterator(
      this.#items(decode),
      (item, batch, count) => {
        this.#give(batch, count);
        return item;
      },
      this.#reader,
    );
  }

  /** The items of a JSON stream, as many at a time as came together; never none. */
  iterJsonBatches<U = T>(decode?: Decode<U>): AsyncIterableIterator<U[]> {
    return leaving(this.#given(this.#items(decode)), this.#leave);
  }

  /** Data with the position after it; in mode "json" one event an item. */
  iterEvents<M extends keyof EventModes<T>>(options: {
    mode: M;
    encoding?: string;
  }): AsyncIterableIterator<StreamEvent<EventModes<T>[M]>>;
  iterEvents<M extends "json" | "json-batches", U>(options: {
    mode: M;
    decode: Decode<U>;
  }): AsyncIterableIterator<StreamEvent<EventModes<U>[M]>>;
  iterEvents(options: {
    mode: keyof EventModes<T>;
    encoding?: string;
    decode?: Decode<unknown>;
  }): AsyncIterableIterator<StreamEvent<unknown>> {
    const { mode, encoding, decode } = options;
    switch (mode) {
      case "json":
        return new ItemIterator(
          this.#items<unknown>(decode),
          (item, batch, count) => {
            this.#give(batch, count);
            return eventOf(item, batch, positionIn(batch, count), count === batch.to);
          },
          this.#reader,
        );
      case "json-batches":
        return leaving(this.#events(this.#items<unknown>(decode)), this.#leave);
      case "text":
        return leaving(this.#events(this.#text(encoding)), this.#leave);
      case "bytes":
        return leaving(this.#events(this.#bytes()), this.#leave);
      default:
        throw new InvalidOptionError(
          `mode ${JSON.stringify(mode)} is not one: it is "bytes", "text", "json" or "json-batches".`,
        );
    }
  }

  /** All bytes up to where the reader is up to date. */
  async readBytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    await this.#read(this.#bytes(), (data) => chunks.push(data));
    return concat(chunks);
  }

  /** All text up to where the reader is up to date. */
  async readText(encoding?: string): Promise<string> {
    let text = "";
    await this.#read(this.#text(encoding), (data) => (text += data));
    return text;
  }

  /** All items up to where the reader is up to date. */
  async readJson<U = T>(decode?: Decode<U>): Promise<U[]> {
    const items: U[] = [];
    await this.#read(this.#items(decode), (data) => {
      // Not push(...data): a batch may have more items than a call may have arguments.
      for (const item of data) items.push(item);
    });
    return items;
  }

  /** All items up to where the reader is up to date, in the batches they came in. */
  async readJsonBatches<U = T>(decode?: Decode<U>): Promise<U[][]> {
    const batches: U[][] = [];
    await this.#read(this.#items(decode), (data) => data.length > 0 && batches.push(data));
    return batches;
  }

  /** The bytes as a web stream, which reads only what is asked of it. */
  bodyStream(): ReadableStream<Uint8Array> {
    return readableStream(this[Symbol.asyncIterator]());
  }

  /** The text as a web stream. */
  textStream(encoding?: string): ReadableStream<string> {
    return readableStream(this.iterText(encoding));
  }

  /** The items as a web stream. */
  jsonStream<U = T>(decode?: Decode<U>): ReadableStream<U> {
    return readableStream(this.iterJson(decode));
  }

  /**
   * Ends the reading at once: iterators end, sockets and timers are gone. A `read*` that is under way
   * has not read everything, so it rejects with `reason` (default: an `AbortError`).
   */
  cancel(reason?: unknown): void {
    this.#consumed = true;
    this.#cancelReason = reason ?? new DOMException("The reading was cancelled.", "AbortError");
    this.#reader.close();
  }

  readonly #leave = (): void => {
    this.#reader.close();
  };

  get #isAtEnd(): boolean {
    return this.#batch?.complete === true && this.#count === this.#batch.to;
  }

  #give(batch: Batch<unknown>, count: number): void {
    this.#batch = batch;
    this.#count = count;
  }

  #bytes(): Batches<Uint8Array> {
    return this.#consume(bytesCodec);
  }

  #text(encoding?: string): Batches<string> {
    const splitter = new TextSplitter(encoding);
    return textBatches(this.#bytes(), splitter, this.offset);
  }

  #items<U = T>(decode: Decode<U> | undefined): Batches<U[]> {
    if (this.contentType !== undefined && !isJson(this.contentType)) {
      throw new InvalidOptionError(
        `The stream at ${this.url} holds ${this.contentType}, not application/json: read it as text or bytes.`,
        { url: this.url },
      );
    }
    const batches = this.#consume(jsonCodec);
    // Without a decoder, U is T: the caller's word on what the stream holds.
    if (!this.#schema && !decode) return batches as unknown as Batches<U[]>;
    return decodeItems(batches, this.#schema as StandardSchemaV1<unknown, U> | undefined, decode);
  }

  #consume<B>(codec: Codec<B>): Batches<B> {
    if (this.#consumed) {
      throw new StreamConsumedError(
        `The response of ${this.url} is being read already, or was: call stream() again, with offset: res.offset.`,
        { url: this.url },
      );
    }
    const { skip, unit } = this.#start;
    if (skip > 0 && unit !== codec.unit) {
      throw new InvalidOptionError(
        `The position ${this.offset} counts ${unit}, but the stream is read by ${codec.unit}: read it as it was read when the position was given.`,
        { url: this.url },
      );
    }
    this.#consumed = true;
    return readBatches(this.#reader, codec);
  }

  async *#given<B extends { length: number }>(
    batches: Batches<B>,
  ): AsyncGenerator<B, void, undefined> {
    for await (const batch of batches) {
      this.#give(batch, batch.to);
      if (batch.data.length > 0) yield batch.data;
    }
  }

  async *#events<B extends { length: number }>(
    batches: Batches<B>,
  ): AsyncGenerator<StreamEvent<B>, void, undefined> {
    for await (const batch of batches) {
      const isNews = batch.data.length > 0 || hasNews(batch, this.upToDate);
      this.#give(batch, batch.to);
      if (isNews) yield eventOf(batch.data, batch, batch.position, true);
    }
  }

  async #read<B>(batches: Batches<B>, take: (data: B) => unknown): Promise<void> {
    for await (const batch of batches) {
      take(batch.data);
      this.#give(batch, batch.to);
      if (this.upToDate) return;
    }
    // Only a cancel ends it sooner.
    throw this.#cancelReason;
  }
}
