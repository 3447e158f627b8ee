import { type Encoded, encodedSize, encodeValue, joinBody } from "./body.ts";
import { InvalidOptionError } from "./errors.ts";

/** The values of a producer that are not stored yet, in order. */
export class ProducerQueue {
  // Three columns: an object for each value would cost as much as the value.
  #values: unknown[] = [];
  /** `undefined` until it is known whether the stream holds JSON. */
  #encoded: (Encoded | undefined)[] = [];
  #sizes: number[] = [];
  /** Values before this one are stored; they are cut off now and then, not each time. */
  #head: number = 0;
  #waitingBytes: number = 0;
  /** How many values were ever stored. */
  stored: number = 0;

  get length(): number {
    return this.#values.length - this.#head;
  }

  /** How many values were ever added. */
  get added(): number {
    return this.stored + this.length;
  }

  /** The size of what waits, as far as it is known, in bytes. */
  get bytes(): number {
    return this.#waitingBytes;
  }

  get values(): unknown[] {
    return this.#values.slice(this.#head);
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
    this.#values.push(value);
    this.#encoded.push(encoded);
    this.#sizes.push(size);
    this.#waitingBytes += size;
  }

  /** How many of the first values fit into one request; at least one. */
  countBatch(isJsonStream: boolean, maxBytes: number, maxItems: number): number {
    let size = 0;
    let count = 0;
    for (; count < maxItems && count < this.length; count++) {
      size += this.#encode(this.#head + count, isJsonStream);
      if (size > maxBytes && count > 0) break;
    }
    return count;
  }

  /** The body of the first `count` values, which `countBatch` has counted. */
  body(count: number): Encoded | undefined {
    return joinBody(this.#encoded.slice(this.#head, this.#head + count) as Encoded[]);
  }

  /** The first `count` values are stored. */
  remove(count: number): void {
    for (let at = this.#head; at < this.#head + count; at++) {
      this.#waitingBytes -= this.#sizes[at] ?? 0;
    }
    this.#head += count;
    this.stored += count;
    if (this.length === 0 || (this.#head > 1024 && this.#head * 2 > this.#values.length)) {
      this.#values = this.#values.slice(this.#head);
      this.#encoded = this.#encoded.slice(this.#head);
      this.#sizes = this.#sizes.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Encodes the value at `at` if it is not yet, and returns its size. */
  #encode(at: number, isJsonStream: boolean): number {
    const encoded = this.#encoded[at];
    if (encoded === undefined) {
      const late = encodeValue(this.#values[at], isJsonStream);
      this.#encoded[at] = late;
      this.#sizes[at] = encodedSize(late);
      this.#waitingBytes += this.#sizes[at];
    } else if (!isJsonStream && typeof encoded === "string") {
      throw new InvalidOptionError(
        "The value is an object, but the stream does not hold JSON: append strings or Uint8Arrays.",
      );
    }
    return this.#sizes[at] ?? 0;
  }
}
