import { type Encoded, encodedSize, encodeValue, joinBody } from "./body.ts";
import { InvalidOptionError } from "./errors.ts";

/** A value that waits to be stored. */
interface Entry {
  readonly value: unknown;
  /** `undefined` until it is known whether the stream holds JSON. */
  encoded: Encoded | undefined;
  size: number;
}

/** The values of a producer that are not stored yet, in order. */
export class ProducerQueue {
  #entries: Entry[] = [];
  /** Entries before this one are stored; they are cut off now and then, not each time. */
  #head: number = 0;
  #waitingBytes: number = 0;
  /** How many values were ever added, and ever stored. */
  added: number = 0;
  stored: number = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** The size of what waits, as far as it is known, in bytes. */
  get bytes(): number {
    return this.#waitingBytes;
  }

  get values(): unknown[] {
    return this.#entries.slice(this.#head).map((entry) => entry.value);
  }

  /** Adds a value as it is now: what becomes of an object later is not written. */
  add(value: unknown, isJsonStream: boolean | undefined): void {
    const mustBeJson =
      typeof value === "object" && value !== null && !(value instanceof Uint8Array);
    const encoded =
      isJsonStream !== undefined || mustBeJson
        ? encodeValue(value, isJsonStream ?? true)
        : undefined;
    const size = encoded === undefined ? 0 : encodedSize(encoded);
    this.#entries.push({ value, encoded, size });
    this.#waitingBytes += size;
    this.added++;
  }

  /** How many of the first values fit into one request; at least one. */
  countBatch(isJsonStream: boolean, maxBytes: number, maxItems: number): number {
    let size = 0;
    let count = 0;
    for (let at = this.#head; count < maxItems; at++, count++) {
      const entry = this.#entries[at];
      if (!entry) break;
      this.#encode(entry, isJsonStream);
      size += entry.size;
      if (size > maxBytes && count > 0) break;
    }
    return count;
  }

  /** The body of the first `count` values. */
  body(count: number): Encoded | undefined {
    const values: Encoded[] = [];
    for (let at = this.#head; at < this.#head + count; at++) {
      const encoded = this.#entries[at]?.encoded;
      if (encoded !== undefined) values.push(encoded);
    }
    return joinBody(values);
  }

  /** The first `count` values are stored. */
  remove(count: number): void {
    for (let at = this.#head; at < this.#head + count; at++) {
      this.#waitingBytes -= this.#entries[at]?.size ?? 0;
    }
    this.#head += count;
    this.stored += count;
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    } else if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    }
  }

  #encode(entry: Entry, isJsonStream: boolean): void {
    if (entry.encoded === undefined) {
      entry.encoded = encodeValue(entry.value, isJsonStream);
      entry.size = encodedSize(entry.encoded);
      this.#waitingBytes += entry.size;
    } else if (!isJsonStream && typeof entry.encoded === "string") {
      throw new InvalidOptionError(
        "The value is an object, but the stream does not hold JSON: append strings or Uint8Arrays.",
      );
    }
  }
}
