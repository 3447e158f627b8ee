import { firstId } from "../store/generation.ts";
import { headOf, type RecordReader } from "../store/read-chain.ts";
import { removeExpired } from "../store/rules/remove.ts";
import type { DataRecord, ListedStream } from "../store/store.ts";
import type { ProducerState, StreamRecord } from "../store/stream-record.ts";
import type { StoreTransaction } from "../store/transaction.ts";

/** One stream with its data and producers. */
interface MemoryStream {
  record: StreamRecord;
  readonly data: DataRecord[];
  /** Least recently used first. */
  producers?: Map<string, ProducerState>;
}

/** The streams in memory. Everything is synchronous, so each call is a step of its own. */
export class MemoryStreams implements StoreTransaction, RecordReader {
  /** Of all stores in the process: one may be made in the same millisecond as another one. */
  static #lastId = firstId();
  readonly #byPath = new Map<string, MemoryStream>();
  readonly #byId = new Map<number, MemoryStream>();

  byPath(path: string): StreamRecord | undefined {
    return this.#byPath.get(path)?.record;
  }

  byId(id: number): StreamRecord | undefined {
    return this.#byId.get(id)?.record;
  }

  nextId(): number {
    return ++MemoryStreams.#lastId;
  }

  put(record: StreamRecord): void {
    const stream = this.#stream(record.id);
    stream.record = record;
    this.#byPath.set(record.path, stream);
  }

  remove(record: StreamRecord): void {
    this.#byPath.delete(record.path);
    this.#byId.delete(record.id);
  }

  producer(streamId: number, producerId: string): ProducerState | undefined {
    return this.#byId.get(streamId)?.producers?.get(producerId);
  }

  putProducer(streamId: number, producerId: string, state: ProducerState): void {
    const producers = (this.#stream(streamId).producers ??= new Map<string, ProducerState>());
    producers.delete(producerId);
    producers.set(producerId, state);
  }

  removeIdleProducers(streamId: number, since: number, limit: number): number {
    const producers = this.#byId.get(streamId)?.producers;
    let removed = 0;
    for (const [id, state] of producers ?? []) {
      if (removed === limit || state.usedAt > since) break;
      producers?.delete(id);
      removed++;
    }
    return removed;
  }

  putData(streamId: number, { end, data }: DataRecord): void {
    // A copy, so that a slice of a large request body does not keep all of it.
    this.#stream(streamId).data.push({ end, data: data.slice() });
  }

  dataAfter(streamId: number, position: number): DataRecord | undefined {
    const data = this.#byId.get(streamId)?.data ?? [];
    return data[firstAfter(data, position)];
  }

  data(streamId: number, after: number, upTo: number, maxBytes: number): DataRecord[] {
    const data = this.#byId.get(streamId)?.data ?? [];
    const found: DataRecord[] = [];
    let bytes = 0;
    for (let i = firstAfter(data, after); i < data.length; i++) {
      const record = data[i];
      if (!record || record.end > upTo) break;
      found.push(record);
      bytes += record.data.byteLength;
      if (bytes >= maxBytes) break;
    }
    return found;
  }

  countStreams(): number {
    return this.#byPath.size;
  }

  list(prefix: string, after: string, limit: number, now: number): ListedStream[] {
    return [...this.#byPath.keys()]
      .filter((path) => path.startsWith(prefix) && path > after)
      .sort()
      .map((path) => ({ path, head: headOf(this.byPath(path), now) }))
      .flatMap(({ path, head }) =>
        head.status === "ok"
          ? [{ path, generation: head.stream.generation, tail: head.stream.tail }]
          : [],
      )
      .slice(0, limit);
  }

  /** Removes the streams that expired at `cutoff` or before, and the producers that are idle since. */
  sweep(cutoff: number, since: number): void {
    for (const path of this.#byPath.keys()) removeExpired(this, path, cutoff);
    for (const { record } of this.#byId.values()) {
      const removed = this.removeIdleProducers(record.id, since, Infinity);
      if (removed > 0) this.put({ ...record, producers: record.producers - removed });
    }
  }

  #stream(id: number): MemoryStream {
    let stream = this.#byId.get(id);
    if (!stream) {
      // The record follows in the same step, possibly after data.
      stream = { record: undefined as unknown as StreamRecord, data: [] };
      this.#byId.set(id, stream);
    }
    return stream;
  }
}

/** The index of the first record that ends after `position`. */
function firstAfter(data: readonly DataRecord[], position: number): number {
  let low = 0;
  let high = data.length;
  // Most readers are at the end.
  if ((data[high - 1]?.end ?? 0) <= position) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((data[middle]?.end ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
