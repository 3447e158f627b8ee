import { concatBytes } from "@freshet/core";
import { type Encoded, utf8Length } from "./encode.ts";

/** The values of one request body, in order. */
export interface BatchBody {
  /** How many values it has. */
  readonly length: number;
  /** About how many bytes it has. */
  readonly size: number;
  /** Adds a value unless the body would then be larger than `maxBytes`; always adds the first. */
  add(value: Encoded, maxBytes: number): boolean;
  /** Whether not even the smallest value fits into `maxBytes` any more. */
  isFull(maxBytes: number): boolean;
  /** The body of the values from `from` to `to`, or `undefined` if none is left. */
  encode(from: number, to: number, dropped?: ReadonlySet<number>): Encoded | undefined;
  /** The values from `from` on, as the stream would contain them. */
  values(from: number): unknown[];
}

/** After this many values, or characters, a group of values is encoded. */
const groupValues = 256;
const groupChars = 16 * 1024;
/** The most bytes that a character of a string takes in UTF-8. */
const maxCharBytes = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const comma = ",";
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * A request body for a JSON stream: an array, which the server splits into messages. There may be a
 * hundred thousand values. Keeping a string of each until all are sent costs the garbage collector
 * more than making it, so groups of them become bytes early.
 */
export class JsonBody implements BatchBody {
  /** Encoded values, with a comma before each of them. */
  readonly #chunks: Uint8Array[] = [];
  #chunkBytes: number = 0;
  /** The values after them, not yet encoded. */
  #texts: string[] = [];
  /** Their characters, with the commas. */
  #chars: number = 0;
  /** The number of characters of each value, which locates it in the chunks. */
  readonly #lengths: number[] = [];

  get length(): number {
    return this.#lengths.length;
  }

  get size(): number {
    return this.#chunkBytes + this.#chars;
  }

  add(text: string, maxBytes: number): boolean {
    if (this.length > 0 && !this.#fits(text, maxBytes)) return false;
    this.#texts.push(text);
    this.#lengths.push(text.length);
    this.#chars += text.length + 1;
    if (this.#chars >= groupChars || this.#texts.length >= groupValues) this.#encodeGroup();
    return true;
  }

  isFull(maxBytes: number): boolean {
    return this.size >= maxBytes;
  }

  encode(from: number, to: number, dropped?: ReadonlySet<number>): Encoded | undefined {
    if (from > 0 || to < this.length || dropped) return arrayOf(this.#slice(from, to, dropped));
    if (this.#chunks.length === 0) return arrayOf(this.#texts);
    this.#encodeGroup();
    const body = concatBytes([...this.#chunks, Uint8Array.of(closeBracket)]);
    body[0] = openBracket; // instead of the first comma
    return body;
  }

  values(from: number): unknown[] {
    return this.#slice(from, this.length).map((text) => JSON.parse(text) as unknown);
  }

  #fits(text: string, maxBytes: number): boolean {
    const worst = (this.#chars + text.length + 1) * maxCharBytes;
    if (this.#chunkBytes + worst <= maxBytes) return true;
    this.#encodeGroup(); // makes the size exact
    return this.#chunkBytes + utf8Length(text) + 2 <= maxBytes;
  }

  #encodeGroup(): void {
    if (this.#texts.length === 0) return;
    const chunk = encoder.encode(comma + this.#texts.join(comma));
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    this.#texts = [];
    this.#chars = 0;
  }

  /** The texts of some of the values; rarely needed, so they are decoded from the chunks. */
  #slice(from: number, to: number, dropped?: ReadonlySet<number>): string[] {
    this.#encodeGroup();
    const all = decoder.decode(concatBytes(this.#chunks));
    const texts: string[] = [];
    let end = 0;
    for (const [index, length] of this.#lengths.entries()) {
      const start = end + comma.length;
      end = start + length;
      if (index >= from && index < to && !dropped?.has(index)) texts.push(all.slice(start, end));
    }
    return texts;
  }
}

function arrayOf(texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : `[${texts.join(comma)}]`;
}

/** A request body for any other stream: the bytes of the values, one after the other. */
export class ByteBody implements BatchBody {
  readonly #values: Encoded[] = [];
  #bytes: number = 0;

  get length(): number {
    return this.#values.length;
  }

  get size(): number {
    return this.#bytes;
  }

  add(value: Encoded, maxBytes: number): boolean {
    const size = typeof value === "string" ? utf8Length(value) : value.length;
    if (this.length > 0 && this.#bytes + size > maxBytes) return false;
    this.#values.push(value);
    this.#bytes += size;
    return true;
  }

  isFull(maxBytes: number): boolean {
    return this.#bytes >= maxBytes;
  }

  encode(from: number, to: number, dropped?: ReadonlySet<number>): Uint8Array | undefined {
    const values = this.#values.slice(from, to).filter((_value, at) => !dropped?.has(from + at));
    if (values.length === 0) return undefined;
    return concatBytes(
      values.map((value) => (typeof value === "string" ? encoder.encode(value) : value)),
    );
  }

  values(from: number): unknown[] {
    return this.#values.slice(from);
  }
}
