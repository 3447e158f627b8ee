// Chunks smaller than this are collected when they have to wait, so that a frame that arrives byte by
// byte does not cost an object a byte.
const smallChunkBytes = 1024;
const collectorBytes = 4096;

interface Chunk {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  /** Whether it is a buffer of our own, with room behind `end`. */
  readonly isCollector: boolean;
}

const noChunk: Chunk = {
  bytes: /* @__PURE__ */ new Uint8Array(0),
  start: 0,
  end: 0,
  isCollector: false,
};
const noView = /* @__PURE__ */ new DataView(noChunk.bytes.buffer);

/**
 * Bytes that wait to be read, in the chunks they came in. It holds what it was given and, while a range
 * across chunks is gathered, that range once more; a chunk that is finished with is let go.
 */
export class ChunkQueue {
  /** All bytes that wait. */
  byteLength = 0;
  /** The first chunk; its unread bytes start at {@link ChunkQueue.position}. */
  view: DataView = noView;
  #chunks: Chunk[] = [noChunk];
  /** Index of the first chunk; those before it are read. */
  #first = 1;
  #head: Chunk = noChunk;

  get position(): number {
    return this.#head.start;
  }

  /** How many of the bytes lie in the first chunk. */
  get contiguousBytes(): number {
    return this.#head.end - this.#head.start;
  }

  push(bytes: Uint8Array): void {
    const length = bytes.byteLength;
    if (length === 0) return;
    if (this.byteLength > 0 && length < smallChunkBytes) this.#collect(bytes);
    else this.#chunks.push({ bytes, start: 0, end: length, isCollector: false });
    if (this.byteLength === 0) this.#openHead();
    this.byteLength += length;
  }

  /** Copies the first bytes into `target`; so many must be there. */
  peek(target: Uint8Array): void {
    let copied = 0;
    for (let index = this.#first; copied < target.byteLength; index++) {
      const { bytes, start, end } = this.#chunks[index] ?? noChunk;
      const part = bytes.subarray(start, Math.min(end, start + target.byteLength - copied));
      target.set(part, copied);
      copied += part.byteLength;
    }
  }

  /** Makes the first `length` bytes lie in one chunk; so many must be there. */
  gather(length: number): void {
    if (this.contiguousBytes >= length) return;
    const bytes = new Uint8Array(length);
    this.peek(bytes);
    this.skip(length);
    // The chunks that the bytes came from have left at least one free place in front.
    this.#chunks[--this.#first] = { bytes, start: 0, end: length, isCollector: false };
    this.byteLength += length;
    this.#openHead();
  }

  /** Lets go of the first `length` bytes; so many must be there. */
  skip(length: number): void {
    this.byteLength -= length;
    let left = length;
    while (left > 0) {
      const head = this.#head;
      const part = Math.min(left, head.end - head.start);
      head.start += part;
      left -= part;
      if (head.start === head.end) this.#dropHead();
    }
  }

  clear(): void {
    this.byteLength = 0;
    this.#chunks = [];
    this.#openHead();
  }

  #collect(bytes: Uint8Array): void {
    let last = this.#chunks[this.#chunks.length - 1];
    if (!last?.isCollector || last.bytes.byteLength - last.end < bytes.byteLength) {
      last = { bytes: new Uint8Array(collectorBytes), start: 0, end: 0, isCollector: true };
      this.#chunks.push(last);
    }
    last.bytes.set(bytes, last.end);
    last.end += bytes.byteLength;
  }

  #dropHead(): void {
    this.#chunks[this.#first++] = noChunk;
    this.#openHead();
  }

  #openHead(): void {
    const head = this.#chunks[this.#first];
    if (head) {
      const { bytes } = head;
      this.#head = head;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } else {
      this.#head = noChunk;
      this.view = noView;
      // One place is left for `gather`.
      this.#chunks = [noChunk];
      this.#first = 1;
    }
  }
}
