import { ByteKeyedCache } from "./byte-keyed-cache.ts";
import { EventStreamError, headerError } from "../event-stream-error.ts";
import { parseHeaders, stringType, timestampMs, type ParsedHeader } from "./header-parser.ts";
import type { HeaderValue, MessageHeadersInit } from "./header-value.ts";
import { resolveOptions, type DecoderOptions, type ResolvedOptions } from "../options.ts";

type Parsed = Map<string, ParsedHeader>;

const noPlace = { type: 0, start: 0, end: 0 };

const noView = /* @__PURE__ */ new DataView(new ArrayBuffer(0));

let create: (view: DataView, parsed: Parsed) => MessageHeaders;

/**
 * The headers of a message: a read-only map. They were checked when the frame was decoded; a value is
 * built when it is first asked for. Values are frozen, and messages with the same header bytes may
 * share one `MessageHeaders`: the same object means the same headers.
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
  /** What the positions of the parsed headers refer to; empty where they need none. */
  readonly #view: DataView;
  readonly #parsed: Parsed;

  static {
    create = (view, parsed) => new MessageHeaders(view, parsed);
  }

  private constructor(view: DataView, parsed: Parsed) {
    this.#view = view;
    this.#parsed = parsed;
  }

  /**
   * Headers from an object, a Map or pairs. The values are checked when they are encoded, as the
   * builders' are.
   *
   * @throws EventStreamError `HEADER_DUPLICATE` when pairs have a name twice
   */
  static from(init: MessageHeadersInit): MessageHeaders {
    const parsed: Parsed = new Map();
    for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init)) {
      if (parsed.has(name)) throw headerError("HEADER_DUPLICATE", name, "is given twice");
      const built = Object.freeze({ ...value });
      parsed.set(name, {
        ...noPlace,
        text: value.type === "string" ? value.value : undefined,
        built,
      });
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

  /** The value of a string header; `undefined` if there is none of that name and type. Builds nothing. */
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

  /** A plain object without a prototype, so that no header's name means anything special. */
  toObject(): Record<string, HeaderValue> {
    const object = Object.create(null) as Record<string, HeaderValue>;
    for (const [name, value] of this) object[name] = value;
    return object;
  }

  #all(): Map<string, HeaderValue> {
    const all = new Map<string, HeaderValue>();
    for (const name of this.keys()) {
      const value = this.get(name);
      if (value) all.set(name, value);
    }
    return all;
  }
}

const blocks = /* @__PURE__ */ new ByteKeyedCache<MessageHeaders>(512);

/**
 * The headers of a part of a view; those of the same bytes as before, where they need the bytes no more.
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
    // Values that are built later must find their bytes, and must not hold the rest of the chunk.
    view = new DataView(view.buffer.slice(view.byteOffset + start, view.byteOffset + end));
    end -= start;
    start = 0;
  }
  const parsed = parseHeaders(view, start, end, options.keepLastDuplicate, offset);
  for (const { type } of parsed.values()) {
    if (type > 1 && type !== stringType) return create(view, parsed);
  }
  const headers = create(noView, parsed);
  // With duplicates allowed the bytes may be such as another decoder has to refuse.
  if (!options.keepLastDuplicate) blocks.offer(view, start, end, headers);
  return headers;
}

/**
 * Decodes a header block alone, without the frame around it. Binary values are views of it unless
 * `copy` is set.
 */
export function decodeHeaders(block: Uint8Array, options?: DecoderOptions): MessageHeaders {
  const resolved = resolveOptions(options);
  const { buffer, byteOffset, byteLength } = block;
  if (byteLength > resolved.maxHeaderBytes) {
    const message = `The headers have ${byteLength} bytes; maxHeaderBytes is ${resolved.maxHeaderBytes}.`;
    throw new EventStreamError("HEADERS_TOO_LARGE", message);
  }
  return readHeaders(new DataView(buffer, byteOffset, byteLength), 0, byteLength, resolved);
}

function buildValue(view: DataView, parsed: ParsedHeader): HeaderValue {
  const { type, start, end, text } = parsed;
  if (text !== undefined) return { type: "string", value: text };
  if (type < 2) return { type: "boolean", value: type === 0 };
  switch (type) {
    case 2:
      return { type: "byte", value: view.getInt8(start) };
    case 3:
      return { type: "short", value: view.getInt16(start) };
    case 4:
      return { type: "integer", value: view.getInt32(start) };
    case 5:
      return { type: "long", value: view.getBigInt64(start) };
    case 8:
      return { type: "timestamp", value: new Date(timestampMs(view, start)) };
    default: {
      const value = new Uint8Array(view.buffer, view.byteOffset + start, end - start);
      return type === 6 ? { type: "binary", value } : { type: "uuid", value: formatUuid(value) };
    }
  }
}

function formatUuid(bytes: Uint8Array): string {
  return Array.from(bytes, (byte, index) => {
    const dash = index === 4 || index === 6 || index === 8 || index === 10 ? "-" : "";
    return dash + byte.toString(16).padStart(2, "0");
  }).join("");
}
