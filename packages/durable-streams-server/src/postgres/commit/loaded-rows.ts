import type { DataRecord } from "../../store/store.ts";
import type { ProducerState, StreamRecord } from "../../store/stream-record.ts";
import type { Row } from "../connection/connection-pool.ts";

/** The row of a stream. */
export interface LoadedStream {
  readonly record: StreamRecord;
  /** Counts the writes of the row. */
  readonly version: number;
}

type StreamRows = Map<string, LoadedStream | null>;
type StreamRowsById = Map<number, LoadedStream | null>;
type ProducerRows = Map<string, ProducerState | null>;
type DataRows = Map<string, DataRecord | null>;

/** Rows as they are in the database. `null` stands for a row that does not exist. */
export class LoadedRows {
  readonly byPath: StreamRows = new Map();
  readonly byId: StreamRowsById = new Map();
  /** By {@link producerKey}. */
  readonly producers: ProducerRows = new Map();
  /** By {@link dataKey}. */
  readonly data: DataRows = new Map();
  readonly unusedIds: number[] = [];
  /** How many streams there are, counted when ids are loaded. */
  streams: number | undefined;

  add(stream: LoadedStream): void {
    this.byPath.set(stream.record.path, stream);
    this.byId.set(stream.record.id, stream);
  }

  /** The version that follows the loaded one. */
  nextVersion(id: number): number {
    return (this.byId.get(id)?.version ?? 0) + 1;
  }
}

export function producerKey(streamId: number, producerId: string): string {
  return `${streamId}:${producerId}`;
}

export function dataKey(streamId: number, position: number): string {
  return `${streamId}:${position}`;
}

export function loadedStream(row: Row): LoadedStream {
  const record = JSON.parse(row["record"] as string) as StreamRecord;
  return { record, version: Number(row["version"]) };
}

/** A row that a mutation reads and that is not loaded. */
export type MissingRow =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "id"; readonly id: number }
  | { readonly kind: "producer"; readonly streamId: number; readonly producerId: string }
  | { readonly kind: "data"; readonly streamId: number; readonly position: number }
  | { readonly kind: "ids" };

/** Thrown by a mutation that needs another row: load it and apply the batch again. */
export class NotLoaded extends Error {
  readonly row: MissingRow;

  constructor(row: MissingRow) {
    super("A mutation reads a row that is not loaded.");
    this.row = row;
  }
}
