import { bytesOf, copyOf, viewOf } from "../byte-views.ts";
import { ByteKeyedCache } from "./byte-keyed-cache.ts";
import { EventStreamError, headerError } from "../event-stream-error.ts";
import { parseHeaders, timestampMs, type ParsedHeader } from "./header-parser.ts";
import type { HeaderValue, MessageHeadersInit } from "./header-value.ts";
import * as wireType from "./wire-types.ts";
import { resolveOptions, type DecoderOptions, type ResolvedOptions } from "../options.ts";

type Parsed = Map<string, ParsedHeader>;

const noView = /* @__PURE__ */ new DataView(new ArrayBuffer(0));

/**
 * The headers of a message, as a read-only map. They were checked when the frame was decoded; a value is
 * built when it is first read. Values are frozen, and messages with the same header bytes may share one
 * `MessageHeaders`: the same object means the same headers.
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
  /** The bytes that the places of the parsed headers refer to; empty if no value needs them. */
  readonly #view: DataView;
  readonly #parsed: Parsed;

  private constructor(view: DataView, parsed: Parsed) {
    this.#view = view;
    this.#parsed = parsed;
  }

  /**
   * Creates headers from an object, a Map or pairs. The encoder checks the values, as it does those of
   * the builders.
   *
   * @throws EventStreamError `HEADER_DUPLICATE` if a name occurs twice
   */
  static from(init: MessageHeadersInit): MessageHeaders {
    const parsed: Parsed = new Map();
    for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init)) {
      if (parsed.has(name)) throw headerError("HEADER_DUPLICATE", name, "occurs twice");
      const text = value.type === "string" ? value.value : undefined;
      parsed.set(name, { type: 0, start: 0, end: 0, text, built: Object.freeze({ ...value }) });
    }
    return new MessageHeaders(noView, parsed);
  }

  get size(): number {
    return this.#parsed.size;
  }

  has(name: string): boolean {
    return this.#parsed.has(name);
  }

  get(name: string): HeaderValue | undefined {
    const parsed = this.#parsed.get(name);
    return parsed && (parsed.built ??= Object.freeze(buildValue(this.#view, parsed)));
  }

  /** Returns the value of a string header; `undefined` if there is none of that name and type. */
  getString(name: string): string | undefined {
    return this.#parsed.get(name)?.text;
  }

  entries(): MapIterator<[string, HeaderValue]> {
    return this.#all().entries();
  }

  keys(): MapIterator<string> {
    return this.#parsed.keys();
  }

  values(): MapIterator<HeaderValue> {
    return this.#all().values();
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

  /** Returns a plain object without a prototype, in which no header's name has a special meaning. */
  toObject(): Record<string, HeaderValue> {
    return Object.setPrototypeOf(Object.fromEntries(this), null) as Record<string, HeaderValue>;
  }

  #all(): Map<string, HeaderValue> {
    return new Map(
      Array.from(this.keys(), (name) => [name, this.get(name)] as [string, HeaderValue]),
    );
  }
}

/** The class with its constructor, which is private for users only. */
const Headers = MessageHeaders as unknown as new (view: DataView, parsed: Parsed) => MessageHeaders;

const blocks = /* @__PURE__ */ new ByteKeyedCache<MessageHeaders>(512);

/**
 * Reads the headers in a part of a view. Equal bytes give the same object, unless its values need the
 * bytes.
 *
 * @param offset - where the frame starts in the stream, for errors
 */
export function readHeaders(
  view: DataView,
  start: number,
  end: number,
  options: ResolvedOptions,
  offset?: number,
): MessageHeaders {
  const known = blocks.find(view, start, end);
  if (known) return known;
  if (options.copy) {
    // Values that are built later need their bytes, but must not keep the rest of the chunk in memory.
    view = copyOf(view, start, end);
    end -= start;
    start = 0;
  }
  const parsed = parseHeaders(view, start, end, options.keepLastDuplicate, offset);
  for (const { type } of parsed.values()) {
    if (type > wireType.booleanFalse && type !== wireType.string) return new Headers(view, parsed);
  }
  const headers = new Headers(noView, parsed);
  // A decoder that allows duplicates may accept bytes that another decoder must refuse.
  if (!options.keepLastDuplicate) blocks.offer(view, start, end, headers);
  return headers;
}

/**
 * Decodes a header block alone, without the frame around it. Binary values are views of it unless
 * `copy` is set.
 */
export function decodeHeaders(block: Uint8Array, options?: DecoderOptions): MessageHeaders {
  const resolved = resolveOptions(options);
  const { byteLength } = block;
  if (byteLength > resolved.maxHeaderBytes) {
    const message = `The headers have ${byteLength} bytes; maxHeaderBytes is ${resolved.maxHeaderBytes}.`;
    throw new EventStreamError("HEADERS_TOO_LARGE", message);
  }
  return readHeaders(viewOf(block), 0, byteLength, resolved);
}

function buildValue(view: DataView, parsed: ParsedHeader): HeaderValue {
  return { type: wireType.names[parsed.type], value: readValue(view, parsed) } as HeaderValue;
}

function readValue(view: DataView, { type, start, end, text }: ParsedHeader): unknown {
  if (text !== undefined) return text;
  if (type <= wireType.booleanFalse) return type === wireType.booleanTrue;
  if (type === wireType.byte) return view.getInt8(start);
  if (type === wireType.short) return view.getInt16(start);
  if (type === wireType.integer) return view.getInt32(start);
  if (type === wireType.long) return view.getBigInt64(start);
  if (type === wireType.timestamp) return new Date(timestampMs(view, start));
  const bytes = bytesOf(view, start, end);
  return type === wireType.binary ? bytes : formatUuid(bytes);
}

function formatUuid(bytes: Uint8Array): string {
  const hex = bytes.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
