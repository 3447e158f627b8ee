import type { DataRecord } from "../../store/store.ts";
import type { ProducerState, StreamRecord } from "../../store/stream-record.ts";
import type { StoreTransaction } from "../../store/transaction.ts";

/** A row that an operation asks for and that has not been loaded: load it and start again. */
export type Wanted =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "id"; readonly id: number }
  | { readonly kind: "producer"; readonly streamId: number; readonly producerId: string }
  | { readonly kind: "data"; readonly streamId: number; readonly position: number }
  | { readonly kind: "ids" };

export class NotLoaded extends Error {
  readonly wanted: Wanted;

  constructor(wanted: Wanted) {
    super("An operation asks for a row that has not been loaded.");
    this.wanted = wanted;
  }
}

/** A stream's row. */
export interface LoadedStream {
  readonly record: StreamRecord;
  readonly version: number;
}

type StreamRows = Map<string, LoadedStream | null>;
type StreamRowsById = Map<number, LoadedStream | null>;
type ProducerRows = Map<string, ProducerState | null>;
type DataRows = Map<string, DataRecord | null>;
type Records = Map<number, StreamRecord>;
type Ids = Set<number>;

interface NewProducer {
  readonly streamId: number;
  readonly id: string;
  readonly state: ProducerState;
}
type NewProducers = Map<string, NewProducer>;

/** Rows as they are in the database; `null` where it has none. */
export class LoadedRows {
  readonly byPath: StreamRows = new Map();
  readonly byId: StreamRowsById = new Map();
  /** By {@link producerKey}. */
  readonly producers: ProducerRows = new Map();
  /** By stream id and position, with a colon between. */
  readonly data: DataRows = new Map();
  readonly unusedIds: number[] = [];
  /** How many streams there are; counted when ids are loaded. */
  streams: number | undefined;

  add(stream: LoadedStream): void {
    this.byPath.set(stream.record.path, stream);
    this.byId.set(stream.record.id, stream);
  }
}

export function producerKey(streamId: number, producerId: string): string {
  return `${streamId}:${producerId}`;
}

/**
 * A batch of operations on loaded rows. The operations run synchronously, as in every other store;
 * what they change is collected here and written in one statement.
 */
export class BatchTransaction implements StoreTransaction {
  readonly puts: Records = new Map();
  readonly removed: Records = new Map();
  readonly newProducers: NewProducers = new Map();
  readonly newData: { readonly streamId: number; readonly record: DataRecord }[] = [];
  /** The ids of streams that the database does not have. */
  readonly created: Ids = new Set();
  readonly #rows: LoadedRows;
  readonly #paths = new Map<string, StreamRecord | undefined>();

  constructor(rows: LoadedRows) {
    this.#rows = rows;
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
    const loaded = this.#rows.data.get(`${streamId}:${position}`);
    if (loaded === undefined) throw new NotLoaded({ kind: "data", streamId, position });
    return loaded ?? fresh();
  }

  countStreams(): number {
    const { streams } = this.#rows;
    if (streams === undefined) throw new NotLoaded({ kind: "ids" });
    return streams + this.created.size - this.removed.size;
  }
}
