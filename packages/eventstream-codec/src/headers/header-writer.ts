// https://smithy.io/2.0/aws/amazon-eventstream.html#event-stream-headers
import { headerError } from "../event-stream-error.ts";
import type { HeaderValue, MessageHeadersInit } from "./header-value.ts";
import * as wireType from "./wire-types.ts";
import { preludeBytes } from "../frame-layout.ts";

const maxNameBytes = 255;
const maxValueBytes = 32_767;
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const utf8 = /* @__PURE__ */ new TextEncoder();

/** What a value of each type must be, for the error message. */
const wanted: Record<HeaderValue["type"], string> = {
  boolean: "true or false",
  byte: "an integer of 8 bits",
  short: "an integer of 16 bits",
  integer: "an integer of 32 bits",
  long: "a bigint of 64 bits",
  binary: `at most ${maxValueBytes} bytes`,
  string: `well-formed text of at most ${maxValueBytes} bytes`,
  timestamp: "a valid Date",
  uuid: "8-4-4-4-12 hexadecimal digits",
};

/**
 * Writes header blocks into a buffer that it keeps, so that a frame costs a single allocation. The
 * buffer has room for a prelude before the block, and more can be reserved after it.
 */
export class HeaderWriter {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  view: DataView = new DataView(this.bytes.buffer);
  /** Where the block ends; it begins at `preludeBytes`. */
  length: number = preludeBytes;
  /**
   * The headers in the buffer from the previous block, in order. Streams repeat their headers: the first
   * headers of a block are not written again while they are those of the previous block.
   */
  readonly #written: { name: string; text: string | undefined; end: number }[] = [];
  #count = 0;

  /** Writes a block; throws naming the header if anything breaks a limit. */
  write(headers: MessageHeadersInit, maxHeaderBytes: number): void {
    this.length = preludeBytes;
    this.#count = 0;
    if (Symbol.iterator in headers) {
      const names = new Set<string>();
      for (const [name, value] of headers) {
        if (names.has(name)) throw headerError("HEADER_DUPLICATE", name, "occurs twice");
        names.add(name);
        this.#writeHeader(name, value, maxHeaderBytes);
      }
    } else {
      for (const name of Object.keys(headers)) {
        this.#writeHeader(name, headers[name], maxHeaderBytes);
      }
    }
    // A payload may overwrite what lies after the block.
    this.#written.length = this.#count;
  }

  #writeHeader(name: string, header: HeaderValue | undefined, maxHeaderBytes: number): void {
    const index = this.#count++;
    const known = this.#written[index];
    const text = header?.type === "string" ? header.value : undefined;
    if (known && text !== undefined && known.name === name && known.text === text) {
      this.length = known.end;
    } else {
      this.#written.length = index;
      this.#writeName(name);
      this.#writeValue(name, header);
      this.#written.push({ name, text, end: this.length });
    }
    const byteLength = this.length - preludeBytes;
    if (byteLength > maxHeaderBytes) {
      const reason = `makes ${byteLength} bytes of headers; maxHeaderBytes is ${maxHeaderBytes}`;
      throw headerError("HEADERS_TOO_LARGE", name, reason);
    }
  }

  #writeName(name: string): void {
    const at = this.length;
    const byteLength = this.#writeText(at + 1, name);
    if (!(byteLength > 0 && byteLength <= maxNameBytes)) {
      const reason = `must have a name of 1 to ${maxNameBytes} bytes of well-formed text`;
      throw headerError("HEADER_NAME_INVALID", name, reason);
    }
    this.bytes[at] = byteLength;
    this.length = at + 1 + byteLength;
  }

  #writeValue(name: string, header: HeaderValue | undefined): void {
    if (header && this.#tryValue(header)) return;
    if (!header || !Object.hasOwn(wanted, header.type)) {
      throw headerError(
        "HEADER_TYPE_UNKNOWN",
        name,
        `has the unknown type ${String(header?.type)}`,
      );
    }
    const given = String(header.value).slice(0, 50);
    const reason = `is a ${header.type}, which must be ${wanted[header.type]}, not ${given}`;
    throw headerError("HEADER_VALUE_INVALID", name, reason);
  }

  /** Returns false if the value does not fit its type. */
  #tryValue(header: HeaderValue): boolean {
    const at = this.length + 1;
    switch (header.type) {
      case "string": {
        const byteLength = this.#writeText(at + 2, header.value);
        if (!(byteLength <= maxValueBytes)) return false;
        this.#begin(wireType.string, 2 + byteLength).setUint16(at, byteLength);
        return true;
      }
      case "binary":
        if (!(header.value instanceof Uint8Array) || header.value.byteLength > maxValueBytes)
          return false;
        this.#begin(wireType.binary, 2 + header.value.byteLength).setUint16(
          at,
          header.value.byteLength,
        );
        this.bytes.set(header.value, at + 2);
        return true;
      case "boolean":
        this.#begin(header.value ? wireType.booleanTrue : wireType.booleanFalse, 0);
        return typeof header.value === "boolean";
      case "byte":
        if ((header.value << 24) >> 24 !== header.value) return false;
        this.#begin(wireType.byte, 1).setInt8(at, header.value);
        return true;
      case "short":
        if ((header.value << 16) >> 16 !== header.value) return false;
        this.#begin(wireType.short, 2).setInt16(at, header.value);
        return true;
      case "integer":
        if ((header.value | 0) !== header.value) return false;
        this.#begin(wireType.integer, 4).setInt32(at, header.value);
        return true;
      case "long":
        return typeof header.value === "bigint" && this.#writeLong(wireType.long, header.value);
      case "timestamp": {
        // A Date holds a time in its range or NaN, so there is nothing else to check.
        const time = header.value instanceof Date ? header.value.getTime() : NaN;
        return !Number.isNaN(time) && this.#writeLong(wireType.timestamp, BigInt(time));
      }
      case "uuid": {
        if (typeof header.value !== "string" || !uuidPattern.test(header.value)) return false;
        const digits = BigInt(`0x${header.value.replaceAll("-", "")}`);
        const view = this.#begin(wireType.uuid, 16);
        view.setBigInt64(at, digits >> 64n);
        view.setBigInt64(at + 8, digits);
        return true;
      }
      default:
        return false;
    }
  }

  #writeLong(type: number, value: bigint): boolean {
    const at = this.length + 1;
    this.#begin(type, 8).setBigInt64(at, value);
    return this.view.getBigInt64(at) === value;
  }

  /** Writes the type and advances past the value; returns the view to write the value with. */
  #begin(type: number, valueBytes: number): DataView {
    const at = this.length;
    this.reserve(at + 1 + valueBytes);
    this.bytes[at] = type;
    this.length = at + 1 + valueBytes;
    return this.view;
  }

  /** Returns how many bytes it wrote; NaN if `text` is not well-formed text, or far too long. */
  #writeText(at: number, text: string): number {
    if (typeof text !== "string" || text.length > maxValueBytes) return NaN;
    this.reserve(at + 3 * text.length);
    const { bytes } = this;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        // An encoder would silently write U+FFFD in place of half a surrogate pair.
        return /\p{Surrogate}/u.test(text)
          ? NaN
          : utf8.encodeInto(text, bytes.subarray(at)).written;
      }
      bytes[at + index] = unit;
    }
    return text.length;
  }

  /** Makes the buffer at least this long. */
  reserve(byteLength: number): void {
    if (byteLength <= this.bytes.byteLength) return;
    const grown = new Uint8Array(2 * byteLength);
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
