// https://smithy.io/2.0/aws/amazon-eventstream.html#event-stream-headers
import { EventStreamError } from "./event-stream-error.ts";
import type { HeaderValue, MessageHeadersInit } from "./header-value.ts";

const maxNameBytes = 255;
const maxValueBytes = 32_767;
const maxDateMs = 8.64e15;
const uuidPattern = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
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
    if (!(Symbol.iterator in headers)) {
      for (const name of Object.keys(headers)) {
        this.#writeHeader(name, headers[name], maxHeaderBytes);
      }
      return;
    }
    const names = new Set<string>();
    for (const [name, value] of headers) {
      if (names.has(name)) {
        const message = `Header ${JSON.stringify(name)} occurs twice; send it once.`;
        throw new EventStreamError("HEADER_DUPLICATE", message, { headerName: name });
      }
      names.add(name);
      this.#writeHeader(name, value, maxHeaderBytes);
    }
  }

  #writeHeader(name: string, header: HeaderValue | undefined, maxHeaderBytes: number): void {
    const start = this.length;
    this.#reserve(1 + 3 * name.length);
    const nameBytes = this.#writeText(name, start + 1);
    if (nameBytes < 1 || nameBytes > maxNameBytes) {
      const message = `Header name ${quote(name)} must be 1 to ${maxNameBytes} bytes of well-formed text.`;
      throw new EventStreamError("HEADER_NAME_INVALID", message, { headerName: name });
    }
    this.bytes[start] = nameBytes;
    this.length = start + 1 + nameBytes;
    this.#writeValue(name, header);
    if (this.length > maxHeaderBytes) {
      const message = `Header ${quote(name)} takes the headers to ${this.length} bytes; the limit (maxHeaderBytes) is ${maxHeaderBytes}.`;
      throw new EventStreamError("HEADERS_TOO_LARGE", message, { headerName: name });
    }
  }

  #writeValue(name: string, header: HeaderValue | undefined): void {
    switch (header?.type) {
      case "string":
        this.#writeString(name, header.value);
        return;
      case "boolean":
        if (typeof header.value !== "boolean") throw invalid(name, header, "true or false");
        this.#begin(header.value ? 0 : 1, 0);
        return;
      case "byte":
        this.#view.setInt8(this.#beginInteger(name, header, 2, 1), header.value);
        return;
      case "short":
        this.#view.setInt16(this.#beginInteger(name, header, 3, 2), header.value);
        return;
      case "integer":
        this.#view.setInt32(this.#beginInteger(name, header, 4, 4), header.value);
        return;
      case "long":
        if (typeof header.value !== "bigint" || BigInt.asIntN(64, header.value) !== header.value) {
          throw invalid(name, header, "a bigint of 64 bits, signed");
        }
        this.#view.setBigInt64(this.#begin(5, 8), header.value);
        return;
      case "binary":
        this.#writeBinary(name, header.value);
        return;
      case "timestamp":
        this.#writeTimestamp(name, header.value);
        return;
      case "uuid":
        this.#writeUuid(name, header.value);
        return;
      default: {
        const type = quote((header as { type?: unknown } | undefined)?.type);
        const message = `Header ${quote(name)} has the unknown type ${type}; use one of the \`header\` builders.`;
        throw new EventStreamError("HEADER_TYPE_UNKNOWN", message, { headerName: name });
      }
    }
  }

  /** Writes the type, makes room for the value and returns where it goes. */
  #begin(type: number, valueBytes: number): number {
    this.#reserve(1 + valueBytes);
    const at = this.length;
    this.bytes[at] = type;
    this.length = at + 1 + valueBytes;
    return at + 1;
  }

  #beginInteger(
    name: string,
    header: HeaderValue & { type: "byte" | "short" | "integer" },
    type: number,
    valueBytes: number,
  ): number {
    const bound = 2 ** (8 * valueBytes - 1);
    if (!Number.isInteger(header.value) || header.value < -bound || header.value >= bound) {
      throw invalid(name, header, `an integer from ${-bound} to ${bound - 1}`);
    }
    return this.#begin(type, valueBytes);
  }

  #writeString(name: string, value: string): void {
    if (typeof value !== "string") throw invalid(name, { type: "string", value }, "a string");
    // Longer text cannot fit, however its characters are encoded: no need to try.
    const length = value.length > maxValueBytes ? Infinity : this.#tryText(value, 3);
    if (length < 0) throw invalid(name, { type: "string", value }, "free of lone surrogates");
    if (length > maxValueBytes) throw tooLong(name, "string");
    const at = this.length;
    this.bytes[at] = 7;
    this.#view.setUint16(at + 1, length);
    this.length = at + 3 + length;
  }

  #tryText(value: string, prefixBytes: number): number {
    this.#reserve(prefixBytes + 3 * value.length);
    return this.#writeText(value, this.length + prefixBytes);
  }

  /** Returns the number of bytes written, -1 if UTF-8 cannot express the text. */
  #writeText(text: string, at: number): number {
    const { bytes } = this;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        // An encoder would write U+FFFD in place of half a pair, and nobody would know.
        if (/\p{Surrogate}/u.test(text)) return -1;
        return utf8.encodeInto(text, bytes.subarray(at)).written;
      }
      bytes[at + index] = unit;
    }
    return text.length;
  }

  #writeBinary(name: string, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) {
      throw invalid(name, { type: "binary", value }, "a Uint8Array");
    }
    if (value.byteLength > maxValueBytes) throw tooLong(name, "binary");
    const at = this.#begin(6, 2 + value.byteLength);
    this.#view.setUint16(at, value.byteLength);
    this.bytes.set(value, at + 2);
  }

  #writeTimestamp(name: string, value: Date): void {
    const time = value instanceof Date ? value.getTime() : NaN;
    if (!(Math.abs(time) <= maxDateMs)) {
      throw invalid(name, { type: "timestamp", value }, "a valid Date");
    }
    this.#view.setBigInt64(this.#begin(8, 8), BigInt(time));
  }

  #writeUuid(name: string, value: string): void {
    if (typeof value !== "string" || !uuidPattern.test(value)) {
      throw invalid(name, { type: "uuid", value }, "8-4-4-4-12 hexadecimal digits");
    }
    const digits = value.replaceAll("-", "");
    const at = this.#begin(9, 16);
    for (let index = 0; index < 16; index++) {
      this.bytes[at + index] = parseInt(digits.slice(2 * index, 2 * index + 2), 16);
    }
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.byteLength) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.byteLength));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function invalid(name: string, header: { type: string; value: unknown }, expected: string) {
  const message = `Header ${quote(name)} of type ${header.type} must be ${expected}, not ${quote(header.value)}.`;
  return new EventStreamError("HEADER_VALUE_INVALID", message, { headerName: name });
}

function tooLong(name: string, type: string) {
  const message = `Header ${quote(name)} of type ${type} is longer than ${maxValueBytes} bytes; send it in the payload.`;
  return new EventStreamError("HEADER_VALUE_INVALID", message, { headerName: name });
}

/** Whatever was given, short enough for a message. */
function quote(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
