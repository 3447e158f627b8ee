import { headOf, type RecordReader } from "../store/read-chain.ts";
import { removeExpired } from "../store/rules/remove.ts";
import type { DataRecord, ListedStream } from "../store/store.ts";
import type { ProducerState, StreamRecord } from "../store/stream-record.ts";
import type { StoreTransaction } from "../store/transaction.ts";

/** One stream with its data and producers. */
interface MemoryStream {
  record: StreamRecord;
  readonly data: DataRecord[];
  producers?: Map<string, ProducerState>;
}

/** The streams in memory. Everything is synchronous, so each call is a step of its own. */
export class MemoryStreams implements StoreTransaction, RecordReader {
  readonly #byPath = new Map<string, MemoryStream>();
  readonly #byId = new Map<number, MemoryStream>();
  #lastId = 0;

  byPath(path: string): StreamRecord | undefined {
    return this.#byPath.get(path)?.record;
  }

  byId(id: number): StreamRecord | undefined {
    return this.#byId.get(id)?.record;
  }

  nextId(): number {
    return ++this.#lastId;
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
    const stream = this.#stream(streamId);
    (stream.producers ??= new Map()).set(producerId, state);
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
      .flatMap(({ path, head }) => (head.status === "ok" ? [{ path, tail: head.stream.tail }] : []))
      .slice(0, limit);
  }

  /** Removes the streams that expired at `cutoff` or before. */
  sweep(cutoff: number): void {
    for (const path of this.#byPath.keys()) removeExpired(this, path, cutoff);
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
