import { EventStreamError } from "./event-stream-error.ts";
import { timestampMs, parseHeaders, type HeaderBlock, type ParsedHeader } from "./header-parser.ts";
import type { HeaderValue, MessageHeadersInit } from "./header-value.ts";
import { resolveOptions, type CodecOptions, type DecoderOptions } from "./limits.ts";
import { encodeHeaders } from "./message-encoder.ts";

// More than this and a Map is worth building for a look-up.
const fewHeaders = 8;

let create: (view: DataView, headers: readonly ParsedHeader[]) => MessageHeaders;

/** Whether nothing that the headers give out can be changed: no Date and no bytes. */
export let isShareable: (headers: MessageHeaders) => boolean;

/**
 * The headers of a message: a read-only map in the order of the wire. They were checked when the frame
 * was decoded; a value is built when it is first asked for. Values are frozen, and frames with the same
 * header bytes may share one `MessageHeaders`: an equal object means equal headers.
 *
 * @example
 * ```ts
 * import { header, MessageHeaders } from "@freshet/eventstream-codec";
 *
 * const headers = MessageHeaders.from({ ":event-type": header.string("chunk") });
 * console.log(headers.getString(":event-type"), headers.size); // chunk 1
 * ```
 */
export class MessageHeaders implements ReadonlyMap<string, HeaderValue> {
  readonly #view: DataView;
  readonly #headers: readonly ParsedHeader[];
  readonly #values: (HeaderValue | undefined)[] = [];
  #positions: Map<string, number> | undefined;

  static {
    create = (view, headers) => new MessageHeaders(view, headers);
    isShareable = (headers) => headers.#headers.every(({ type }) => type !== 6 && type !== 8);
  }

  private constructor(view: DataView, headers: readonly ParsedHeader[]) {
    this.#view = view;
    this.#headers = headers;
  }

  /**
   * Headers from an object, a Map or pairs, with the checks of the encoder. Later changes of what was
   * given do not reach them.
   *
   * @throws EventStreamError with the header's name
   */
  static from(init: MessageHeadersInit, options?: CodecOptions): MessageHeaders {
    return init instanceof MessageHeaders
      ? init
      : decodeHeaders(encodeHeaders(init, options), options);
  }

  get size(): number {
    return this.#headers.length;
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  get(name: string): HeaderValue | undefined {
    const position = this.#find(name);
    return position < 0 ? undefined : this.#value(position);
  }

  /** The value of a string header; `undefined` if there is none of that name and type. Builds nothing. */
  getString(name: string): string | undefined {
    return this.#headers[this.#find(name)]?.text;
  }

  *entries(): MapIterator<[string, HeaderValue]> {
    for (const [position, { name }] of this.#headers.entries()) {
      yield [name, this.#value(position)];
    }
  }

  *keys(): MapIterator<string> {
    for (const { name } of this.#headers) yield name;
  }

  *values(): MapIterator<HeaderValue> {
    for (const position of this.#headers.keys()) yield this.#value(position);
  }

  [Symbol.iterator](): MapIterator<[string, HeaderValue]> {
    return this.entries();
  }

  forEach(
    callback: (value: HeaderValue, name: string, headers: ReadonlyMap<string, HeaderValue>) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  /** A plain object without a prototype, so that no header's name means anything special. */
  toObject(): Record<string, HeaderValue> {
    const object = Object.create(null) as Record<string, HeaderValue>;
    for (const [name, value] of this) object[name] = value;
    return object;
  }

  #find(name: string): number {
    const headers = this.#headers;
    if (headers.length <= fewHeaders) {
      for (let position = 0; position < headers.length; position++) {
        if (headers[position]?.name === name) return position;
      }
      return -1;
    }
    this.#positions ??= new Map(headers.map((header, position) => [header.name, position]));
    return this.#positions.get(name) ?? -1;
  }

  #value(position: number): HeaderValue {
    const known = this.#values[position];
    if (known) return known;
    const parsed = this.#headers[position];
    if (!parsed) throw new RangeError(`There is no header ${position}.`);
    return (this.#values[position] = Object.freeze(buildValue(this.#view, parsed)));
  }
}

/** Headers of a block that lies anywhere in a view. */
export function decodeHeaderBlock(block: HeaderBlock, keepLast: boolean): MessageHeaders {
  return create(block.view, parseHeaders(block, keepLast));
}

/**
 * Decodes a header block alone, without the frame around it. Binary values are views of it unless
 * `copy` is set.
 *
 * @throws EventStreamError whose `offset` is where the bad header starts in the block
 */
export function decodeHeaders(block: Uint8Array, options?: DecoderOptions): MessageHeaders {
  const { copy, keepLastDuplicate, maxHeaderBytes } = resolveOptions(options);
  if (block.byteLength > maxHeaderBytes) {
    const message = `The header block has ${block.byteLength} bytes; the limit (maxHeaderBytes) is ${maxHeaderBytes}.`;
    throw new EventStreamError("HEADERS_TOO_LARGE", message);
  }
  const { buffer, byteOffset, byteLength } = copy ? block.slice() : block;
  const view = new DataView(buffer, byteOffset, byteLength);
  return decodeHeaderBlock(
    { view, start: 0, end: byteLength, base: 0, offset: undefined },
    keepLastDuplicate,
  );
}

function buildValue(view: DataView, { type, start, end, text }: ParsedHeader): HeaderValue {
  switch (type) {
    case 0:
      return { type: "boolean", value: true };
    case 1:
      return { type: "boolean", value: false };
    case 2:
      return { type: "byte", value: view.getInt8(start) };
    case 3:
      return { type: "short", value: view.getInt16(start) };
    case 4:
      return { type: "integer", value: view.getInt32(start) };
    case 5:
      return { type: "long", value: view.getBigInt64(start) };
    case 6:
      return {
        type: "binary",
        value: new Uint8Array(view.buffer, view.byteOffset + start, end - start),
      };
    case 8:
      return { type: "timestamp", value: new Date(timestampMs(view, start)) };
    case 9:
      return { type: "uuid", value: formatUuid(view, start) };
    default:
      return { type: "string", value: text ?? "" };
  }
}

function formatUuid(view: DataView, start: number): string {
  let digits = "";
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) digits += "-";
    digits += view
      .getUint8(start + at)
      .toString(16)
      .padStart(2, "0");
  }
  return digits;
}
