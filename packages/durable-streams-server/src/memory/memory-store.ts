import { DurableStreamsServerError } from "../store/errors.ts";
import { applyAppend, applyCreate, applyDelete, applyTouch, expire } from "../store/rules/append.ts";
import { expiryOf } from "../store/lifetime.ts";
import { MemoryDocuments } from "./memory-documents.ts";
import { headOf, readChain, type RecordReader } from "../store/read-chain.ts";
import type { DataRecord, ListedStream, ReadRequest, Store } from "../store/store.ts";
import type { ProducerState, StreamRecord } from "../store/stream-record.ts";
import type { StoreTransaction } from "../store/transaction.ts";
import { WakeHub } from "../store/change-hub.ts";

export interface MemoryStoreOptions {
  /** How often expired streams are looked for and freed, in milliseconds (default 60,000). */
  sweepIntervalMs?: number;
}

/**
 * Streams in memory: for tests, and for data that may end with the process.
 *
 * @example
 * ```ts
 * import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
 *
 * const streams = createDurableStreams({ store: memoryStore() });
 * const answer = await streams.fetch(new Request("http://localhost/hello", { method: "PUT" }));
 * console.log(answer.status); // 201
 * await streams.close();
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const memory = new Memory();
  const hub = new WakeHub();
  const documents = new MemoryDocuments();
  let isClosed = false;
  const sweeper = setInterval(() => {
    memory.sweep(Date.now());
  }, options.sweepIntervalMs ?? 60_000);
  (sweeper as { unref?: () => void }).unref?.();

  // Async functions, so that what throws in them rejects; nothing in them waits.
  const step = async <Outcome>(path: string, apply: () => Outcome): Promise<Outcome> => {
    if (isClosed) throw new DurableStreamsServerError("STORE_CLOSED", "The store is closed.");
    const outcome = apply();
    hub.wake(path);
    return Promise.resolve(outcome);
  };
  return {
    create: (request) => step(request.path, () => applyCreate(memory, request, Date.now())),
    append: (request) => step(request.path, () => applyAppend(memory, request, Date.now())),
    delete: (path) => step(path, () => applyDelete(memory, path, Date.now())),
    touch: (path) => {
      applyTouch(memory, path, Date.now());
      return Promise.resolve();
    },
    head: (path) => Promise.resolve(headOf(memory.byPath(path), Date.now())),
    read: (request: ReadRequest) =>
      readChain(memory, memory.byPath(request.path), request, Date.now()),
    list: ({ prefix, after = "", limit }) =>
      Promise.resolve(memory.list(prefix, after, limit, Date.now())),
    subscribe: (path, listener) => hub.subscribe(path, listener),
    documents,
    close: async () => {
      isClosed = true;
      clearInterval(sweeper);
      await Promise.resolve();
    },
  };
}

/** What {@link memoryStore} keeps of one stream. */
interface MemoryStream {
  record: StreamRecord;
  readonly data: DataRecord[];
  producers?: Map<string, ProducerState>;
}

class Memory implements StoreTransaction, RecordReader {
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

  sweep(now: number): void {
    for (const { record } of this.#byId.values()) {
      if (!record.deleted && expiryOf(record) <= now) expire(this, record);
    }
  }

  #stream(id: number): MemoryStream {
    let stream = this.#byId.get(id);
    if (!stream) {
      // The record follows in the same step: data may be put first.
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
  // A reader at the end is the usual one.
  if ((data[high - 1]?.end ?? 0) <= position) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((data[middle]?.end ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
