import type { ProducerState } from "../../store/stream-record.ts";
import type { Mutations } from "./apply-batch.ts";
import type { BatchTransaction } from "./batch-transaction.ts";
import { LoadedRows, producerKey, type LoadedStream } from "./loaded-rows.ts";

/** How many streams are cached. */
const MAX_STREAMS = 10_000;

interface CachedStream {
  readonly stream: LoadedStream;
  readonly producers: Map<string, ProducerState | null>;
}

/**
 * The rows that this process last wrote or read. They may be out of date: every write names the version
 * of the stream that it was made from, and changes nothing if that is not the current one.
 */
export class RowCache {
  /** Least recently used first. */
  readonly #streams = new Map<string, CachedStream>();

  /** The rows that the mutations name, or `undefined` if any of them is not cached. */
  rowsFor(mutations: Mutations): LoadedRows | undefined {
    const rows = new LoadedRows();
    for (const { path, producer, fork } of mutations) {
      const cached = this.#streams.get(path);
      if (!cached || fork) return undefined;
      rows.add(cached.stream);
      if (!producer) continue;
      const state = cached.producers.get(producer.id);
      if (state === undefined) return undefined;
      rows.producers.set(producerKey(cached.stream.record.id, producer.id), state);
    }
    return rows;
  }

  /** Caches what a batch wrote and read. */
  keep(
    mutations: Mutations,
    tx: BatchTransaction,
    rows: LoadedRows,
    wasWritten: (id: number) => boolean,
  ): void {
    for (const { path, producer } of mutations) {
      const loaded = rows.byPath.get(path);
      const id = tx.byPath(path)?.id;
      const put = id === undefined ? undefined : tx.puts.get(id);
      const stream =
        put && wasWritten(put.id) ? { record: put, version: rows.nextVersion(put.id) } : loaded;
      if (!stream || id !== stream.record.id) {
        this.#streams.delete(path);
        continue;
      }
      const before = this.#streams.get(path);
      const producers =
        before?.stream.record.id === id
          ? before.producers
          : new Map<string, ProducerState | null>();
      if (producer) {
        const key = producerKey(id, producer.id);
        const state = tx.newProducers.get(key)?.state ?? rows.producers.get(key);
        producers.set(producer.id, state ?? null);
      }
      this.#streams.delete(path);
      this.#streams.set(path, { stream, producers });
    }
    this.#evict();
  }

  forget(mutations: Mutations): void {
    for (const { path } of mutations) this.#streams.delete(path);
  }

  #evict(): void {
    for (const path of this.#streams.keys()) {
      if (this.#streams.size <= MAX_STREAMS) return;
      this.#streams.delete(path);
    }
  }
}
