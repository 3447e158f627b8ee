// Many more slots than a service has event types: two entries that share one push each other out.
const slotBits = 10;

/**
 * A bounded cache keyed by bytes: what was made of the same bytes before. One slot a hash, so that it
 * never grows; an entry moves in when its bytes come a second time, so that bytes which never come
 * again (a request id) cost no copy and push nothing out.
 */
export class ByteKeyedCache<Value> {
  readonly #maxKeyBytes: number;
  readonly #slots: ({ readonly key: DataView; readonly value: Value } | undefined)[] = [];
  /** The hash that last missed, by slot. */
  readonly #missed = new Int32Array(1 << slotBits);
  /** Of the bytes that `find` looked for last. */
  #hash = 0;

  constructor(maxKeyBytes: number) {
    this.#maxKeyBytes = maxKeyBytes;
    this.#slots.length = 1 << slotBits;
  }

  find(view: DataView, start: number, end: number): Value | undefined {
    if (end - start > this.#maxKeyBytes) return undefined;
    this.#hash = hashBytes(view, start, end);
    const slot = this.#slots[this.#hash >>> (32 - slotBits)];
    return slot && equalBytes(slot.key, view, start, end) ? slot.value : undefined;
  }

  /** Right after a `find` of the same bytes that found nothing: what was made of them now. */
  offer(view: DataView, start: number, end: number, value: Value): void {
    if (end - start > this.#maxKeyBytes) return;
    const index = this.#hash >>> (32 - slotBits);
    if (this.#missed[index] === this.#hash) {
      const key = new DataView(view.buffer.slice(view.byteOffset + start, view.byteOffset + end));
      this.#slots[index] = { key, value };
    }
    this.#missed[index] = this.#hash;
  }
}

function hashBytes(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x9e3779b1);
  // A multiplication carries upwards only: the high bits, which choose the slot, depend on all others.
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
}

/** Whether all of `key` equals the part of `view`. */
function equalBytes(key: DataView, view: DataView, start: number, end: number): boolean {
  const length = end - start;
  if (key.byteLength !== length) return false;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (key.getInt32(at) !== view.getInt32(start + at)) return false;
  }
  for (; at < length; at++) {
    if (key.getUint8(at) !== view.getUint8(start + at)) return false;
  }
  return true;
}
