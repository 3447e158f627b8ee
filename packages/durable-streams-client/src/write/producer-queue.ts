import { type BatchBody, ByteBody, JsonBody } from "./batch-body.ts";
import { type Encoded, encodeValue, snapshot } from "./encode.ts";

/** The values of a producer that are not stored yet, in order, in the batches they are sent in. */
export class ProducerQueue {
  readonly #maxBytes: number;
  readonly #maxItems: number;
  #batches: BatchBody[] = [];
  /** The last of them, while more may join it. */
  #open: BatchBody | undefined;
  /** How many values of the first of them are stored. */
  #head: number = 0;
  /** Values from before it was known whether the stream holds JSON, as they were then. */
  readonly #early: unknown[] = [];
  #isJson: boolean | undefined;
  /** How many values wait, and how many were ever stored. */
  length: number = 0;
  stored: number = 0;

  constructor(maxBytes: number, maxItems: number) {
    this.#maxBytes = maxBytes;
    this.#maxItems = maxItems;
  }

  /** How many values were ever added. */
  get added(): number {
    return this.stored + this.length;
  }

  /** What waits, as it would be stored. */
  get values(): unknown[] {
    return this.#batches
      .flatMap((batch, index) => batch.values(index === 0 ? this.#head : 0))
      .concat(this.#early);
  }

  /** Whether a batch is as large as it may be: nothing is won by waiting. */
  get hasFullBatch(): boolean {
    const [first] = this.#batches;
    if (!first) return this.length >= this.#maxItems;
    return first !== this.#open || first.length >= this.#maxItems || first.isFull(this.#maxBytes);
  }

  /** Adds a value as it is now: what becomes of an object later is not written. */
  add(value: unknown): void {
    if (this.#isJson === undefined) this.#early.push(snapshot(value));
    else this.#join(encodeValue(value, this.#isJson));
    this.length++;
  }

  /** It is known now what the stream holds. Throws for a value from before that it cannot hold. */
  setContent(isJson: boolean): void {
    this.#isJson ??= isJson;
    for (; this.#early.length > 0; this.#early.shift()) {
      this.#join(encodeValue(this.#early[0], isJson));
    }
  }

  /** How many values the next batch has. Later ones do not join it. */
  takeBatch(): number {
    const [batch] = this.#batches;
    if (!batch) return 0;
    if (batch === this.#open) this.#open = undefined;
    return batch.length - this.#head;
  }

  /** The body of the first `count` values, of one batch. */
  body(count: number): Encoded | undefined {
    return this.#batches[0]?.encode(this.#head, this.#head + count);
  }

  /** The first `count` values are stored. */
  remove(count: number): void {
    this.length -= count;
    this.stored += count;
    this.#head += count;
    if (this.#head !== this.#batches[0]?.length) return;
    this.#batches.shift();
    this.#head = 0;
  }

  #join(value: Encoded): void {
    const open = this.#open;
    if (open && open.length < this.#maxItems && open.add(value, this.#maxBytes)) return;
    const batch = this.#isJson ? new JsonBody() : new ByteBody();
    batch.add(value as string, this.#maxBytes);
    this.#batches.push(batch);
    this.#open = batch;
  }
}
