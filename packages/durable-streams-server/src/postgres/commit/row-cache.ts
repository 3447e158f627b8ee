import type { Operation } from "../../store/mutation.ts";
import type { ProducerState } from "../../store/stream-record.ts";
import {
  LoadedRows,
  producerKey,
  type BatchTransaction,
  type LoadedStream,
} from "./batch-transaction.ts";
import { nextVersion } from "./write-statements.ts";

/** So many streams are remembered. */
const MAX_STREAMS = 10_000;

interface Remembered {
  readonly stream: LoadedStream;
  readonly producers: Map<string, ProducerState | null>;
}

/**
 * The rows that this process last wrote or read. They may be out of date: every write says which
 * version of the stream it was made from, and one that is not the current one writes nothing.
 */
export class RememberedRows {
  /** Least recently used first. */
  readonly #streams = new Map<string, Remembered>();

  /** The rows of operations that all of them are remembered for; `undefined` if any is not. */
  rowsFor(operations: readonly Operation<unknown>[]): LoadedRows | undefined {
    const rows = new LoadedRows();
    for (const { path, producer, fork } of operations) {
      const remembered = this.#streams.get(path);
      if (!remembered || fork) return undefined;
      rows.add(remembered.stream);
      if (!producer) continue;
      const state = remembered.producers.get(producer.id);
      if (state === undefined) return undefined;
      rows.producers.set(producerKey(remembered.stream.record.id, producer.id), state);
    }
    return rows;
  }

  /** Remembers what a batch wrote and read. */
  keep(
    operations: readonly Operation<unknown>[],
    tx: BatchTransaction,
    rows: LoadedRows,
    wasWritten: (id: number) => boolean,
  ): void {
    for (const { path, producer } of operations) {
      const loaded = rows.byPath.get(path);
      const id = tx.byPath(path)?.id;
      const put = id === undefined ? undefined : tx.puts.get(id);
      const stream =
        put && wasWritten(put.id) ? { record: put, version: nextVersion(rows, put.id) } : loaded;
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
    this.#shrink();
  }

  forget(operations: readonly Operation<unknown>[]): void {
    for (const { path } of operations) this.#streams.delete(path);
  }

  #shrink(): void {
    for (const path of this.#streams.keys()) {
      if (this.#streams.size <= MAX_STREAMS) return;
      this.#streams.delete(path);
    }
  }
}
