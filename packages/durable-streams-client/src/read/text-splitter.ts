// https://encoding.spec.whatwg.org/
import { concatBytes } from "@freshet/core";
import { InvalidOptionError } from "../errors.ts";

/**
 * Decodes a stream's bytes in pieces without splitting a character. The bytes of an incomplete
 * character are kept for the next piece, and counted, so that a position never lies inside a
 * character. A byte order mark is a character like any other.
 */
export class TextSplitter {
  readonly #decoder: TextDecoder;
  readonly #isUtf8: boolean;
  #kept: Uint8Array = new Uint8Array(0);

  constructor(encoding: string = "utf-8") {
    try {
      this.#decoder = new TextDecoder(encoding, { ignoreBOM: true });
    } catch (cause) {
      throw new InvalidOptionError(
        `Invalid encoding ${JSON.stringify(encoding)}: expected a label that TextDecoder knows, like "utf-8".`,
        { cause },
      );
    }
    this.#isUtf8 = this.#decoder.encoding === "utf-8";
  }

  /** How many of the bytes pushed so far are not part of any returned text. */
  get keptBytes(): number {
    return this.#kept.length;
  }

  push(chunk: Uint8Array): string {
    const bytes = this.#kept.length === 0 ? chunk : concatBytes([this.#kept, chunk]);
    const whole = this.#isUtf8 ? wholeUtf8(bytes) : this.#wholeOther(bytes);
    this.#kept = bytes.slice(whole);
    return this.#decoder.decode(bytes.subarray(0, whole));
  }

  /** Call this at the end of the data: an incomplete character becomes U+FFFD. */
  end(): string {
    const text = this.#decoder.decode(this.#kept);
    this.#kept = new Uint8Array(0);
    return text;
  }

  /** The longest prefix that decodes without an error; characters have at most four bytes. */
  #wholeOther(bytes: Uint8Array): number {
    const strict = new TextDecoder(this.#decoder.encoding, { fatal: true, ignoreBOM: true });
    for (let whole = bytes.length; whole > Math.max(0, bytes.length - 4); whole--) {
      try {
        strict.decode(bytes.subarray(0, whole));
        return whole;
      } catch {
        // It ends inside a character, or is not text of this encoding: the loop finds out which.
      }
    }
    return bytes.length < 4 ? 0 : bytes.length;
  }
}

/** How many bytes come before a character that has begun but not ended. */
function wholeUtf8(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] ?? 0;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? length - back : length;
    }
  }
  return length;
}
