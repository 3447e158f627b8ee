import { createHash } from "node:crypto";
import { expiryOf } from "../store/lifetime.ts";
import type { DataRecord } from "../store/store.ts";
import type { ProducerState, StreamRecord } from "../store/stream-record.ts";
import type { StoreTransaction } from "../store/transaction.ts";
import type { Counter, LmdbTables } from "./tables.ts";

/** LMDB keys end at 1,978 bytes, so a long id is replaced by its hash. */
function producerKey(producerId: string): string {
  if (Buffer.byteLength(producerId) <= 1024) return producerId;
  return `sha256:${createHash("sha256").update(producerId).digest("hex")}`;
}

/** The tables inside one write transaction, where reads see earlier writes. */
export class LmdbTransaction implements StoreTransaction {
  readonly #tables: LmdbTables;
  readonly #counters = new Map<Counter, number>();

  constructor(tables: LmdbTables) {
    this.#tables = tables;
  }

  byPath(path: string): StreamRecord | undefined {
    return this.#tables.streams.get(path);
  }

  byId(id: number): StreamRecord | undefined {
    const path = this.#tables.paths.get(id);
    return path === undefined ? undefined : this.byPath(path);
  }

  nextId(): number {
    return this.count("lastId", 1);
  }

  put(record: StreamRecord): void {
    const before = this.byPath(record.path);
    if (!before) {
      void this.#tables.paths.put(record.id, record.path);
      this.count("streams", 1);
    }
    this.#moveExpiry(before, record);
    void this.#tables.streams.put(record.path, record);
  }

  remove(record: StreamRecord): void {
    this.#moveExpiry(this.byPath(record.path), undefined);
    void this.#tables.streams.remove(record.path);
    void this.#tables.paths.remove(record.id);
    void this.#tables.garbage.put(record.id, true);
    this.count("streams", -1);
  }

  producer(streamId: number, producerId: string): ProducerState | undefined {
    const state = this.#tables.producers.get([streamId, producerKey(producerId)]);
    return state && { epoch: state[0], lastSeq: state[1] };
  }

  putProducer(streamId: number, producerId: string, { epoch, lastSeq }: ProducerState): void {
    void this.#tables.producers.put([streamId, producerKey(producerId)], [epoch, lastSeq]);
  }

  putData(streamId: number, { end, data }: DataRecord): void {
    const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    void this.#tables.data.put([streamId, end], buffer);
  }

  dataAfter(streamId: number, position: number): DataRecord | undefined {
    const range = { start: [streamId, position + 1], end: [streamId, Infinity], limit: 1 };
    for (const { key, value } of this.#tables.data.getRange(range)) {
      return { end: key[1], data: value };
    }
    return undefined;
  }

  countStreams(): number {
    return this.count("streams", 0);
  }

  /** Adds to a counter. */
  count(counter: Counter, change: number): number {
    const value = (this.#counters.get(counter) ?? this.#tables.counters.get(counter) ?? 0) + change;
    this.#counters.set(counter, value);
    return value;
  }

  /** Writes the counters. The last step of the transaction. */
  finish(): void {
    for (const [counter, value] of this.#counters) void this.#tables.counters.put(counter, value);
  }

  #moveExpiry(before: StreamRecord | undefined, after: StreamRecord | undefined): void {
    const from = before && !before.deleted ? expiryOf(before) : Infinity;
    const to = after && !after.deleted ? expiryOf(after) : Infinity;
    if (from === to) return;
    if (before && from !== Infinity) void this.#tables.expiries.remove([from, before.id]);
    if (after && to !== Infinity) void this.#tables.expiries.put([to, after.id], after.path);
  }
}
