/**
 * A bounded cache keyed by bytes: what was made of the same bytes before. One slot a hash, so that it
 * never grows; an entry moves in when its bytes come a second time, so that bytes which never come
 * again (a request id) cost no copy and push nothing out.
 */
export class ByteKeyedCache<Value> {
  readonly #maxKeyBytes: number;
  readonly #slots: (Slot<Value> | undefined)[];
  /** The hash that last missed, by slot. */
  readonly #missed: Int32Array;
  #hash = 0;

  /** @param slotCount - a power of two */
  constructor(slotCount: number, maxKeyBytes: number) {
    this.#maxKeyBytes = maxKeyBytes;
    this.#slots = new Array<undefined>(slotCount).fill(undefined);
    this.#missed = new Int32Array(slotCount);
  }

  find(view: DataView, start: number, end: number): Value | undefined {
    if (end - start > this.#maxKeyBytes) return undefined;
    this.#hash = hashBytes(view, start, end);
    const slot = this.#slots[this.#hash & (this.#missed.length - 1)];
    return slot?.hash === this.#hash && equalBytes(slot.key, view, start, end)
      ? slot.value
      : undefined;
  }

  /** After a `find` of the same bytes that found nothing: whether to `keep` what is made of them now. */
  isWorthKeeping(byteCount: number): boolean {
    if (byteCount > this.#maxKeyBytes) return false;
    const index = this.#hash & (this.#missed.length - 1);
    if (this.#missed[index] === this.#hash) return true;
    this.#missed[index] = this.#hash;
    return false;
  }

  /** @param key - a view of exactly the bytes, which nobody changes any more */
  keep(key: DataView, value: Value): void {
    const hash = hashBytes(key, 0, key.byteLength);
    this.#slots[hash & (this.#missed.length - 1)] = { hash, key, value };
  }
}

interface Slot<Value> {
  readonly hash: number;
  readonly key: DataView;
  readonly value: Value;
}

function hashBytes(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

/** Whether all of `key` equals the part of `view`. */
export function equalBytes(key: DataView, view: DataView, start: number, end: number): boolean {
  const length = end - start;
  if (key.byteLength !== length) return false;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (key.getInt32(at, true) !== view.getInt32(start + at, true)) return false;
  }
  for (; at < length; at++) {
    if (key.getUint8(at) !== view.getUint8(start + at)) return false;
  }
  return true;
}
