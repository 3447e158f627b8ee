import { type Encoded, utf8Length } from "./encode.ts";
import { concat } from "../http/bytes.ts";

/** Values that go into one request body, in order. */
export interface BatchBody {
  /** How many values there are. */
  readonly length: number;
  /** Takes a value unless the body would then be larger than `maxBytes`; always takes the first. */
  add(value: Encoded, maxBytes: number): boolean;
  /** Whether no value at all fits into `maxBytes` any more. */
  isFull(maxBytes: number): boolean;
  /** The body of the values from `from` to `to`; `undefined`: there are none. */
  encode(from: number, to: number, dropped?: ReadonlySet<number>): Encoded | undefined;
  /** The values from `from` on, as they are stored. */
  values(from: number): unknown[];
}

/** So many values, or characters, are put together and encoded at once. */
const groupValues = 256;
const groupChars = 16 * 1024;
/** No character of a string takes more bytes in UTF-8 than this. */
const maxCharBytes = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const comma = ",";
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * The body of a JSON stream: an array, which the server takes apart. There may be a hundred thousand
 * values, and a string each that lives until all are sent costs the garbage collector more than
 * making it did. So groups of them become bytes early.
 */
export class JsonBody implements BatchBody {
  /** Encoded values, each chunk with a comma before each of them. */
  readonly #chunks: Uint8Array[] = [];
  #chunkBytes: number = 0;
  /** The values after them. */
  #texts: string[] = [];
  /** Their characters, with the commas. */
  #chars: number = 0;
  /** The characters of every value: where it is in the chunks. */
  readonly #lengths: number[] = [];

  get length(): number {
    return this.#lengths.length;
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
    return this.#chunkBytes + this.#chars >= maxBytes;
  }

  encode(from: number, to: number, dropped?: ReadonlySet<number>): Encoded | undefined {
    if (from > 0 || to < this.length || dropped) return arrayOf(this.#slice(from, to, dropped));
    if (this.#chunks.length === 0) return arrayOf(this.#texts);
    this.#encodeGroup();
    const body = concat([...this.#chunks, Uint8Array.of(closeBracket)]);
    body[0] = openBracket; // instead of the first comma
    return body;
  }

  values(from: number): unknown[] {
    return this.#slice(from, this.length).map((text) => JSON.parse(text) as unknown);
  }

  #fits(text: string, maxBytes: number): boolean {
    const worst = (this.#chars + text.length + 1) * maxCharBytes;
    if (this.#chunkBytes + worst <= maxBytes) return true;
    this.#encodeGroup(); // tells the size
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

  /** The texts of some of the values, which are rarely asked for. */
  #slice(from: number, to: number, dropped?: ReadonlySet<number>): string[] {
    this.#encodeGroup();
    const all = decoder.decode(concat(this.#chunks));
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

/** The body of any other stream: the values' bytes, one after the other. They are not copied. */
export class ByteBody implements BatchBody {
  readonly #values: Encoded[] = [];
  #bytes: number = 0;

  get length(): number {
    return this.#values.length;
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
    return concat(
      values.map((value) => (typeof value === "string" ? encoder.encode(value) : value)),
    );
  }

  values(from: number): unknown[] {
    return this.#values.slice(from);
  }
}
