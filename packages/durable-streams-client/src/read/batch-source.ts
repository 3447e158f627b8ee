import type { StandardSchemaV1 } from "@freshet/core";
import { InvalidOptionError, StreamConsumedError } from "../errors.ts";
import { isJson } from "../protocol/headers.ts";
import { formatPosition, type Offset, type Position } from "../protocol/offset.ts";
import { type Batch, bytesCodec, type Codec, jsonCodec, readBatches } from "./batches.ts";
import { checkDecode, type Decode, decodeItems } from "./items.ts";
import { parseExactly } from "./parse-json.ts";
import type { StreamOptions } from "./stream-options.ts";
import type { StreamReader } from "./stream-reader.ts";
import { textBatches } from "./text-batches.ts";
import { TextSplitter } from "./text-splitter.ts";

export type Batches<T> = AsyncGenerator<Batch<T>, void, undefined>;

/** The data of a stream as batches of bytes, text or items. It can be read once. */
export class BatchSource<T> {
  readonly #reader: StreamReader;
  readonly #start: Position;
  readonly #schema: StandardSchemaV1<unknown, T> | undefined;
  readonly #onCut: "retry" | "error" | undefined;
  isConsumed: boolean = false;

  constructor(
    reader: StreamReader,
    start: Position,
    options: Pick<StreamOptions<T>, "schema" | "onCut">,
  ) {
    this.#reader = reader;
    this.#start = start;
    this.#schema = options.schema;
    this.#onCut = options.onCut;
  }

  /** Where the data begins. */
  get offset(): Offset {
    const { offset, skip, unit } = this.#start;
    return formatPosition(offset, skip, unit);
  }

  bytes(): Batches<Uint8Array> {
    return this.#consume(bytesCodec);
  }

  text(encoding?: string): Batches<string> {
    const splitter = new TextSplitter(encoding);
    return textBatches(this.bytes(), splitter, this.offset);
  }

  items<U = T>(decode: Decode<U> | undefined): Batches<U[]> {
    checkDecode(decode);
    if (this.#reader.contentType !== undefined && !isJson(this.#reader.contentType)) {
      throw new InvalidOptionError(
        `The stream at ${this.#reader.shownUrl} is ${this.#reader.contentType}, not application/json: read it as text or bytes.`,
        { url: this.#reader.shownUrl },
      );
    }
    const batches = this.#consume(jsonCodec(decode && parseExactly, this.#onCut));
    // Without a decoder U is T, which the caller declares.
    if (!this.#schema && !decode) return batches as unknown as Batches<U[]>;
    const schema = this.#schema as StandardSchemaV1<unknown, U> | undefined;
    return decodeItems(batches, schema, decode, (error) => {
      this.#reader.close({ error });
    });
  }

  #consume<B>(codec: Codec<B>): Batches<B> {
    if (this.isConsumed) {
      throw new StreamConsumedError(
        `The response of ${this.#reader.shownUrl} was already read, or is being read: call stream() again with offset: res.offset.`,
        { url: this.#reader.shownUrl },
      );
    }
    const { skip, unit } = this.#start;
    if (skip > 0 && unit !== codec.unit) {
      throw new InvalidOptionError(
        `The position ${this.offset} counts ${unit}, but the stream is read by ${codec.unit}: read it as ${unit === "items" ? "JSON" : "text or bytes"}, as when the position was stored.`,
        { url: this.#reader.shownUrl },
      );
    }
    this.isConsumed = true;
    return readBatches(this.#reader, codec);
  }
}
