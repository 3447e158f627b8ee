import { type BatchBody, ByteBody, JsonBody } from "./batch-body.ts";
import { type Encoded, encodeJson, encodeValue, snapshot } from "./encode.ts";

/**
 * How many values may wait: a web stream whose source is always ready would otherwise keep the event loop
 * busy with small values until there are megabytes of them.
 */
const maxValues = 10_000;

/** The values of a producer that are not stored yet, in order, grouped into the batches of its requests. */
export class ProducerQueue {
  readonly #maxBytes: number;
  readonly #maxItems: number;
  #batches: BatchBody[] = [];
  /** The last of them, while more values may join it. */
  #open: BatchBody | undefined;
  /** The sizes of the other batches, in bytes, and their sum. */
  readonly #sizes: number[] = [];
  #sealedBytes: number = 0;
  /** About how many bytes the early values have. */
  #earlyBytes: number = 0;
  /** How many values of the first batch are stored. */
  #head: number = 0;
  /** Copies of the values that were added before it was known whether the stream is JSON. */
  readonly #early: unknown[] = [];
  #isJson: boolean | undefined;
  /** How many values wait. */
  length: number = 0;
  /** How many values were ever stored. */
  stored: number = 0;

  constructor(maxBytes: number, maxItems: number) {
    this.#maxBytes = maxBytes;
    this.#maxItems = maxItems;
  }

  /** How many values were ever added. */
  get added(): number {
    return this.stored + this.length;
  }

  /** Whether fewer than about `maxBytes`, and than {@link maxValues}, wait. */
  hasRoom(maxBytes: number): boolean {
    const bytes = this.#sealedBytes + (this.#open?.size ?? 0) + this.#earlyBytes;
    return bytes < maxBytes && this.length < maxValues;
  }

  /** The waiting values, as the stream would contain them. */
  get values(): unknown[] {
    return this.#batches
      .flatMap((batch, index) => batch.values(index === 0 ? this.#head : 0))
      .concat(this.#early);
  }

  /** Whether a batch has reached its largest size, so that waiting gains nothing. */
  get hasFullBatch(): boolean {
    const [first] = this.#batches;
    if (!first) return this.length >= this.#maxItems;
    return first !== this.#open || first.length >= this.#maxItems || first.isFull(this.#maxBytes);
  }

  /** Adds a value in its current state: later changes of an object are not written. */
  add(value: unknown): void {
    if (this.#isJson === undefined) {
      this.#early.push(snapshot(value));
      this.#earlyBytes += earlySize(value);
    } else this.#join(encodeValue(value, this.#isJson));
    this.length++;
  }

  /** Sets the kind of the stream. Throws for an earlier value that the stream cannot contain. */
  setJson(isJson: boolean): void {
    this.#isJson ??= isJson;
    for (; this.#early.length > 0; this.#early.shift()) {
      this.#join(encodeValue(this.#early[0], isJson));
    }
    this.#earlyBytes = 0;
  }

  /** How many values the next batch has. Later values do not join it. */
  takeBatch(): number {
    const [batch] = this.#batches;
    if (!batch) return 0;
    if (batch === this.#open) this.#seal();
    return batch.length - this.#head;
  }

  /** The body of the first `count` values, which belong to one batch. */
  body(count: number): Encoded | undefined {
    return this.#batches[0]?.encode(this.#head, this.#head + count);
  }

  /** Removes the first `count` values, which are stored. */
  remove(count: number): void {
    this.length -= count;
    this.stored += count;
    this.#head += count;
    if (this.#head !== this.#batches[0]?.length) return;
    this.#batches.shift();
    this.#sealedBytes -= this.#sizes.shift() ?? 0;
    this.#head = 0;
  }

  /** Lets no more values join the open batch. */
  #seal(): void {
    if (!this.#open) return;
    this.#sizes.push(this.#open.size);
    this.#sealedBytes += this.#open.size;
    this.#open = undefined;
  }

  #join(value: Encoded): void {
    const open = this.#open;
    if (open && open.length < this.#maxItems && open.add(value, this.#maxBytes)) return;
    this.#seal();
    const batch = this.#isJson ? new JsonBody() : new ByteBody();
    batch.add(value as string, this.#maxBytes);
    this.#batches.push(batch);
    this.#open = batch;
  }
}

/** About how many bytes a value takes, before it is known how it will be encoded. */
function earlySize(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  return typeof value === "object" && value !== null ? encodeJson(value).length : 8;
}
