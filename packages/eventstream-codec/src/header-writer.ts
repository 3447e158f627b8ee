// https://smithy.io/2.0/aws/amazon-eventstream.html#event-stream-headers
import { headerError } from "./event-stream-error.ts";
import type { HeaderValue, MessageHeadersInit } from "./header-value.ts";

const maxNameBytes = 255;
const maxValueBytes = 32_767;
const integerBytes = { byte: 1, short: 2, integer: 4 };
const integerTypes = { byte: 2, short: 3, integer: 4 };
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const utf8 = /* @__PURE__ */ new TextEncoder();

/** Writes header blocks into a buffer that it keeps, so that a frame costs one allocation: itself. */
export class HeaderWriter {
  /** The block is its first `length` bytes, until the next `write`. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  length = 0;
  #view = new DataView(this.bytes.buffer);

  /** Writes a block; throws with the header's name when anything breaks a limit. */
  write(headers: MessageHeadersInit, maxHeaderBytes: number): void {
    this.length = 0;
    if (Symbol.iterator in headers) {
      const names = new Set<string>();
      for (const [name, value] of headers) {
        if (names.has(name)) throw headerError("HEADER_DUPLICATE", name, "is given twice");
        names.add(name);
        this.#writeHeader(name, value, maxHeaderBytes);
      }
    } else {
      for (const name of Object.keys(headers)) {
        this.#writeHeader(name, headers[name], maxHeaderBytes);
      }
    }
  }

  #writeHeader(name: string, header: HeaderValue | undefined, maxHeaderBytes: number): void {
    const at = this.length;
    const nameBytes = this.#writeText(at + 1, name);
    if (!(nameBytes > 0 && nameBytes <= maxNameBytes)) {
      const reason = `must have a name of 1 to ${maxNameBytes} bytes of well-formed text`;
      throw headerError("HEADER_NAME_INVALID", name, reason);
    }
    this.bytes[at] = nameBytes;
    this.length = at + 1 + nameBytes;
    this.#writeValue(name, header);
    if (this.length > maxHeaderBytes) {
      const reason = `takes the headers to ${this.length} bytes; maxHeaderBytes is ${maxHeaderBytes}`;
      throw headerError("HEADERS_TOO_LARGE", name, reason);
    }
  }

  #writeValue(name: string, header: HeaderValue | undefined): void {
    switch (header?.type) {
      case "string": {
        const at = this.length;
        const byteLength = this.#writeText(at + 3, header.value);
        if (!(byteLength <= maxValueBytes)) {
          throw refusal(name, header, `well-formed text of at most ${maxValueBytes} bytes`);
        }
        this.#begin(7, 2 + byteLength).setUint16(at + 1, byteLength);
        return;
      }
      case "boolean":
        if (typeof header.value !== "boolean") throw refusal(name, header, "true or false");
        this.#begin(header.value ? 0 : 1, 0);
        return;
      case "byte":
      case "short":
      case "integer":
        this.#writeInteger(name, header);
        return;
      case "long":
        if (typeof header.value !== "bigint" || BigInt.asIntN(64, header.value) !== header.value) {
          throw refusal(name, header, "a bigint of 64 bits");
        }
        this.#begin(5, 8).setBigInt64(this.length - 8, header.value);
        return;
      case "timestamp":
        // A Date holds a time in its range or NaN: there is nothing else to check.
        if (!(header.value instanceof Date) || Number.isNaN(header.value.getTime())) {
          throw refusal(name, header, "a valid Date");
        }
        this.#begin(8, 8).setBigInt64(this.length - 8, BigInt(header.value.getTime()));
        return;
      case "binary":
        this.#writeBinary(name, header);
        return;
      case "uuid":
        this.#writeUuid(name, header);
        return;
      default: {
        const reason = `has the unknown type ${String((header as { type?: unknown } | undefined)?.type)}`;
        throw headerError("HEADER_TYPE_UNKNOWN", name, reason);
      }
    }
  }

  #writeInteger(name: string, header: HeaderValue & { type: "byte" | "short" | "integer" }): void {
    const { type, value } = header;
    const byteLength = integerBytes[type];
    const bound = 2 ** (8 * byteLength - 1);
    if (!Number.isInteger(value) || value < -bound || value >= bound) {
      throw refusal(name, header, `an integer from ${-bound} to ${bound - 1}`);
    }
    this.#begin(integerTypes[type], byteLength);
    for (let at = 1; at <= byteLength; at++) {
      this.bytes[this.length - at] = value >> (8 * (at - 1));
    }
  }

  #writeBinary(name: string, header: HeaderValue & { type: "binary" }): void {
    const { value } = header;
    if (!(value instanceof Uint8Array) || value.byteLength > maxValueBytes) {
      throw refusal(name, header, `a Uint8Array of at most ${maxValueBytes} bytes`);
    }
    const at = this.length;
    this.#begin(6, 2 + value.byteLength).setUint16(at + 1, value.byteLength);
    this.bytes.set(value, at + 3);
  }

  #writeUuid(name: string, header: HeaderValue & { type: "uuid" }): void {
    const { value } = header;
    if (typeof value !== "string" || !uuidPattern.test(value)) {
      throw refusal(name, header, "8-4-4-4-12 hexadecimal digits");
    }
    const digits = BigInt(`0x${value.replaceAll("-", "")}`);
    const view = this.#begin(9, 16);
    view.setBigInt64(this.length - 16, digits >> 64n);
    view.setBigInt64(this.length - 8, digits);
  }

  /** Writes the type, makes room for a value and counts it as written; returns what to write it with. */
  #begin(type: number, valueBytes: number): DataView {
    const at = this.length;
    this.#reserve(at + 1 + valueBytes);
    this.bytes[at] = type;
    this.length = at + 1 + valueBytes;
    return this.#view;
  }

  /** Returns how many bytes it wrote; NaN for what is no text that UTF-8 can express, or far too long. */
  #writeText(at: number, text: string): number {
    if (typeof text !== "string" || text.length > maxValueBytes) return NaN;
    this.#reserve(at + 3 * text.length);
    const { bytes } = this;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        // An encoder would write U+FFFD in place of half a pair, and nobody would know.
        return /\p{Surrogate}/u.test(text)
          ? NaN
          : utf8.encodeInto(text, bytes.subarray(at)).written;
      }
      bytes[at + index] = unit;
    }
    return text.length;
  }

  #reserve(byteLength: number): void {
    if (byteLength <= this.bytes.byteLength) return;
    const grown = new Uint8Array(2 * byteLength);
    grown.set(this.bytes);
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function refusal(name: string, { type, value }: { type: string; value: unknown }, wanted: string) {
  const given = String(value).slice(0, 50);
  return headerError(
    "HEADER_VALUE_INVALID",
    name,
    `of type ${type} must be ${wanted}, not ${given}`,
  );
}
