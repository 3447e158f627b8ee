import type { ProducerState, StreamRecord } from "../../store/stream-record.ts";
import type { Mutations } from "./apply-batch.ts";
import type { BatchTransaction } from "./batch-transaction.ts";
import type { Addition } from "./commuting-write.ts";
import { LoadedRows, producerKey, type LoadedStream } from "./loaded-rows.ts";

/** About how much memory the cached rows take up, in bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

/** After so many commits without one of another process in between, a stream is this process's alone. */
const COMMITS_ALONE = 3;

/** About how much memory one cached row takes up besides its texts, in bytes. */
const STREAM_BYTES = 600;
const PRODUCER_BYTES = 150;

type ProducerStates = Map<string, ProducerState | null>;

/**
 * One stream at one version, and those of its producers that are known. A producer changes only
 * together with the version of its stream, so they are all as of that version.
 */
interface CachedStream {
  readonly stream: LoadedStream;
  readonly producers: ProducerStates;
  /** Producers as of an earlier version. */
  readonly guesses: ProducerStates;
  /** Above 0 if another process wrote between the last few commits of this one. */
  contention: number;
  bytes: number;
}

/**
 * The rows that this process last wrote or read. They may be out of date: every write names the version
 * of the stream that it was made from, and changes nothing if that is not the current one.
 */
export class RowCache {
  /** Least recently used first. */
  readonly #streams = new Map<string, CachedStream>();
  #bytes = 0;

  /** About how much memory the rows take up. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The rows that the mutations name, or `undefined` if any of them is not cached, or belongs to a stream
   * that several processes write to: those are rarely up to date.
   */
  rowsFor(mutations: Mutations): LoadedRows | undefined {
    const rows = new LoadedRows();
    for (const { path, producer, fork } of mutations) {
      const cached = this.#streams.get(path);
      if (!cached || cached.contention > 0 || fork) return undefined;
      rows.add(cached.stream);
      if (!producer) continue;
      const state = cached.producers.get(producer.id);
      if (state === undefined) return undefined;
      rows.producers.set(producerKey(cached.stream.record.id, producer.id), state);
    }
    return rows;
  }

  /**
   * The rows of one stream that several processes write to, as they were some time ago; `undefined` if any
   * that the mutations name is not cached.
   */
  guessFor(mutations: Mutations): LoadedRows | undefined {
    const rows = new LoadedRows();
    for (const { path, producer, fork } of mutations) {
      const cached = this.#streams.get(path);
      if (!cached || cached.contention === 0 || fork) return undefined;
      rows.add(cached.stream);
      if (!producer) continue;
      const { producers, guesses } = cached;
      const state = producers.get(producer.id) ?? guesses.get(producer.id);
      if (!state) return undefined;
      rows.producers.set(producerKey(cached.stream.record.id, producer.id), state);
    }
    return rows;
  }

  /** Caches what a batch that was committed wrote and read. */
  keep(mutations: Mutations, tx: BatchTransaction, rows: LoadedRows): void {
    const kept = new Map<string, CachedStream>();
    for (const { path, producer } of mutations) {
      const record = tx.byPath(path);
      if (!record || record.deleted) {
        this.#remove(path);
        continue;
      }
      const cached = kept.get(path) ?? this.#advance(...rowAfter(record, tx, rows));
      kept.set(path, cached);
      if (!producer) continue;
      const key = producerKey(record.id, producer.id);
      const state = tx.newProducers.get(key)?.state ?? rows.producers.get(key);
      addProducer(cached, producer.id, state ?? null);
    }
    for (const [path, cached] of kept) this.#set(path, cached);
    this.#evict();
  }

  /** Caches the row of a stream that was added to, whatever it was before. */
  keepAddition(stream: LoadedStream, { producers }: Addition): void {
    const cached = this.#advance(stream, stream.version - 1);
    for (const { id, after } of producers) addProducer(cached, id, after);
    this.#set(stream.record.path, cached);
    this.#evict();
  }

  /** Notes that another process wrote to the streams: what is cached of them is out of date. */
  markContended(mutations: Mutations): void {
    for (const { path } of mutations) {
      const cached = this.#streams.get(path);
      if (cached) cached.contention = COMMITS_ALONE;
    }
  }

  forget(mutations: Mutations): void {
    for (const { path } of mutations) this.#remove(path);
  }

  /**
   * The stream after a commit, with the producers that are known to be as of the same version.
   *
   * @param from - the version that the commit found
   */
  #advance(stream: LoadedStream, from: number | undefined): CachedStream {
    const { id, path } = stream.record;
    const before = this.#streams.get(path);
    if (before?.stream.record.id !== id) {
      const bytes = streamBytes(path);
      return { stream, producers: new Map(), guesses: new Map(), contention: 0, bytes };
    }
    if (before.stream.version === from) {
      return { ...before, stream, contention: Math.max(before.contention - 1, 0) };
    }
    // Of a row that another process has changed since, no producer is known any more.
    const { producers, guesses, bytes } = before;
    for (const [producer, state] of producers) guesses.set(producer, state);
    return { stream, producers: new Map(), guesses, contention: COMMITS_ALONE, bytes };
  }

  #set(path: string, cached: CachedStream): void {
    this.#remove(path);
    this.#streams.set(path, cached);
    this.#bytes += cached.bytes;
  }

  #remove(path: string): void {
    this.#bytes -= this.#streams.get(path)?.bytes ?? 0;
    this.#streams.delete(path);
  }

  #evict(): void {
    for (const path of this.#streams.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#remove(path);
    }
  }
}

/** The row of a stream after a batch, and the version that the batch found. */
function rowAfter(
  record: StreamRecord,
  tx: BatchTransaction,
  rows: LoadedRows,
): [LoadedStream, number | undefined] {
  const from = rows.byId.get(record.id)?.version;
  const version = tx.puts.has(record.id) ? rows.nextVersion(record.id) : (from ?? 0);
  return [{ record, version }, from];
}

function addProducer(cached: CachedStream, id: string, state: ProducerState | null): void {
  const { producers, guesses } = cached;
  if (!producers.has(id) && !guesses.has(id)) cached.bytes += PRODUCER_BYTES + 2 * id.length;
  producers.set(id, state);
}

function streamBytes(path: string): number {
  // The path is in the record too.
  return STREAM_BYTES + 4 * path.length;
}
