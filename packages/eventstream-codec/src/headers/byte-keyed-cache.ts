import { copyOf } from "../byte-views.ts";

// Many more slots than a service has event types: two entries in one slot evict each other.
const slotBits = 10;

/**
 * A bounded cache keyed by bytes: what was made of the same bytes before. There is one slot per hash, so
 * it never grows. An entry is stored when its bytes come a second time, so bytes that never come again (a
 * request id) cost no copy and evict nothing.
 */
export class ByteKeyedCache<Value> {
  readonly #maxKeyBytes: number;
  readonly #slots: ({ readonly key: DataView; readonly value: Value } | undefined)[] = [];
  /** The hash that last missed, by slot. */
  readonly #missed = new Int32Array(1 << slotBits);
  /** The hash of the bytes that `find` looked for last. */
  #hash = 0;

  constructor(maxKeyBytes: number) {
    this.#maxKeyBytes = maxKeyBytes;
    this.#slots.length = 1 << slotBits;
  }

  find(view: DataView, start: number, end: number): Value | undefined {
    if (!this.#takes(end - start)) return undefined;
    this.#hash = hashBytes(view, start, end);
    const slot = this.#slots[this.#hash >>> (32 - slotBits)];
    return slot && equalBytes(slot.key, view, start, end) ? slot.value : undefined;
  }

  /** Offers what was made of the bytes that the `find` right before did not find. */
  offer(view: DataView, start: number, end: number, value: Value): void {
    if (!this.#takes(end - start)) return;
    const index = this.#hash >>> (32 - slotBits);
    if (this.#missed[index] === this.#hash) {
      const key = copyOf(view, start, end);
      this.#slots[index] = { key, value };
    }
    this.#missed[index] = this.#hash;
  }

  /** Returns whether a key of this length is cached: less than a word is not worth it. */
  #takes(byteLength: number): boolean {
    return byteLength >= 4 && byteLength <= this.#maxKeyBytes;
  }
}

// Both go word by word; the last word overlaps the one before it if the length is not a multiple of 4.

function hashBytes(view: DataView, start: number, end: number): number {
  const last = end - 4;
  let hash = end - start;
  for (let at = start; at < last; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ view.getInt32(last), 0x9e3779b1);
  // A multiplication carries upwards only: the high bits, which choose the slot, depend on all bits below.
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
}

/** Returns whether `key` equals the part of `view`. */
function equalBytes(key: DataView, view: DataView, start: number, end: number): boolean {
  const last = end - start - 4;
  if (last !== key.byteLength - 4 || key.getInt32(last) !== view.getInt32(end - 4)) return false;
  for (let at = 0; at < last; at += 4) {
    if (key.getInt32(at) !== view.getInt32(start + at)) return false;
  }
  return true;
}
