import type { DataRecord } from "./store.ts";
import type { ProducerState, StreamRecord } from "./stream-record.ts";

/**
 * What the rules of the protocol (rules/) need of an engine, synchronously: all of it happens in one
 * transaction. An asynchronous engine first loads the rows that the mutations may read.
 */
export interface StoreTransaction {
  byPath(path: string): StreamRecord | undefined;
  byId(id: number): StreamRecord | undefined;
  /** An id that was never used. */
  nextId(): number;
  /** Inserts or replaces. */
  put(record: StreamRecord): void;
  /** Removes the stream, its producers and its data. */
  remove(record: StreamRecord): void;
  producer(streamId: number, producerId: string): ProducerState | undefined;
  putProducer(streamId: number, producerId: string, state: ProducerState): void;
  putData(streamId: number, record: DataRecord): void;
  /** The first record that ends after `position`. */
  dataAfter(streamId: number, position: number): DataRecord | undefined;
  countStreams(): number;
}
