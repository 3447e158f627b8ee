import type { DataRecord } from "../../store/store.ts";
import type { ProducerState, StreamRecord } from "../../store/stream-record.ts";
import type { StoreTransaction } from "../../store/transaction.ts";
import { dataKey, NotLoaded, producerKey, type LoadedRows } from "./loaded-rows.ts";

type Records = Map<number, StreamRecord>;
type Ids = Set<number>;

interface NewProducer {
  readonly streamId: number;
  readonly id: string;
  readonly state: ProducerState;
}
type NewProducers = Map<string, NewProducer>;

/**
 * A batch of mutations on loaded rows. The mutations run synchronously, as in every other store; their
 * changes are collected here and written in one statement.
 */
export class BatchTransaction implements StoreTransaction {
  readonly puts: Records = new Map();
  readonly removed: Records = new Map();
  readonly newProducers: NewProducers = new Map();
  readonly newData: { readonly streamId: number; readonly record: DataRecord }[] = [];
  /** The ids of streams that are not in the database yet. */
  readonly created: Ids = new Set();
  readonly #rows: LoadedRows;
  readonly #paths = new Map<string, StreamRecord | undefined>();

  constructor(rows: LoadedRows) {
    this.#rows = rows;
  }

  get hasWrites(): boolean {
    return this.puts.size + this.removed.size + this.newData.length > 0;
  }

  byPath(path: string): StreamRecord | undefined {
    if (this.#paths.has(path)) return this.#paths.get(path);
    const loaded = this.#rows.byPath.get(path);
    if (loaded === undefined) throw new NotLoaded({ kind: "path", path });
    return loaded?.record;
  }

  byId(id: number): StreamRecord | undefined {
    if (this.removed.has(id)) return undefined;
    const put = this.puts.get(id);
    if (put) return put;
    const loaded = this.#rows.byId.get(id);
    if (loaded === undefined) throw new NotLoaded({ kind: "id", id });
    return loaded?.record;
  }

  nextId(): number {
    const id = this.#rows.unusedIds[this.created.size];
    if (id === undefined) throw new NotLoaded({ kind: "ids" });
    this.created.add(id);
    return id;
  }

  put(record: StreamRecord): void {
    this.puts.set(record.id, record);
    this.#paths.set(record.path, record);
  }

  remove(record: StreamRecord): void {
    this.puts.delete(record.id);
    this.removed.set(record.id, record);
    this.#paths.set(record.path, undefined);
  }

  producer(streamId: number, producerId: string): ProducerState | undefined {
    const key = producerKey(streamId, producerId);
    const fresh = this.newProducers.get(key);
    if (fresh) return fresh.state;
    if (this.created.has(streamId)) return undefined;
    const loaded = this.#rows.producers.get(key);
    if (loaded === undefined) throw new NotLoaded({ kind: "producer", streamId, producerId });
    return loaded ?? undefined;
  }

  putProducer(streamId: number, producerId: string, state: ProducerState): void {
    const key = producerKey(streamId, producerId);
    this.newProducers.set(key, { streamId, id: producerId, state });
  }

  putData(streamId: number, record: DataRecord): void {
    this.newData.push({ streamId, record });
  }

  dataAfter(streamId: number, position: number): DataRecord | undefined {
    const fresh = () =>
      this.newData.find((item) => item.streamId === streamId && item.record.end > position)?.record;
    if (this.created.has(streamId)) return fresh();
    const loaded = this.#rows.data.get(dataKey(streamId, position));
    if (loaded === undefined) throw new NotLoaded({ kind: "data", streamId, position });
    return loaded ?? fresh();
  }

  countStreams(): number {
    const { streams } = this.#rows;
    if (streams === undefined) throw new NotLoaded({ kind: "ids" });
    return streams + this.created.size - this.removed.size;
  }
}
