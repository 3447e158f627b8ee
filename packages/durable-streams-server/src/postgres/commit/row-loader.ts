import type { Operation } from "../../store/mutation.ts";
import type { StreamRecord } from "../../store/stream-record.ts";
import { numbersLiteral, textsLiteral } from "../connection/array-literal.ts";
import { LoadedRows, producerKey, type Wanted } from "./batch-transaction.ts";
import type { Database, Row, Run } from "../connection/database.ts";

/** How long the number of streams is taken to be what it was, in milliseconds. */
const COUNT_VALID_MS = 10_000;

/** Loads and locks what a batch of operations asks for, inside one transaction. */
export class RowLoader {
  readonly #database: Database;
  #count = { streams: 0, validUntil: 0 };

  constructor(database: Database) {
    this.#database = database;
  }

  /** The streams and producers that the operations name: two statements in one round trip. */
  async load(run: Run, operations: readonly Operation<unknown>[]): Promise<LoadedRows> {
    const { schema } = this.#database;
    const rows = new LoadedRows();
    const paths = new Set<string>();
    const producers: { path: string; id: string }[] = [];
    for (const { path, fork, producer } of operations) {
      paths.add(path);
      if (fork) paths.add(fork.path);
      if (producer) producers.push({ path, id: producer.id });
    }
    // Locked in one order by everybody, so that two batches do not wait for each other.
    const streams = run(
      `SELECT version::float8 AS version, record FROM ${schema}.streams
       WHERE path = ANY ($1::text::text[]) ORDER BY id FOR UPDATE`,
      [textsLiteral([...paths])],
    );
    const states = run(
      `SELECT stream_id::float8 AS stream_id, producer_id, epoch::float8 AS epoch,
              last_seq::float8 AS last_seq
       FROM unnest($1::text::text[], $2::text::text[]) AS input (path, id)
       JOIN ${schema}.streams USING (path)
       JOIN ${schema}.producers ON stream_id = streams.id AND producer_id = input.id`,
      [
        textsLiteral(producers.map(({ path }) => path)),
        textsLiteral(producers.map(({ id }) => id)),
      ],
    );
    const [streamRows, producerRows] = await Promise.all([streams, states]);
    for (const path of paths) rows.byPath.set(path, null);
    for (const row of streamRows) rows.add(loadedStream(row));
    for (const { path, id } of producers) {
      const stream = rows.byPath.get(path);
      if (stream) rows.producers.set(producerKey(stream.record.id, id), null);
    }
    for (const row of producerRows) {
      const key = producerKey(Number(row["stream_id"]), row["producer_id"] as string);
      const state = { epoch: Number(row["epoch"]), lastSeq: Number(row["last_seq"]) };
      rows.producers.set(key, state);
    }
    return rows;
  }

  /** Adds a row that only turned out to be needed: sources of forks, and their data. */
  async loadWanted(run: Run, rows: LoadedRows, wanted: Wanted): Promise<void> {
    const { schema } = this.#database;
    switch (wanted.kind) {
      case "path": {
        const found = await run(
          `SELECT version::float8 AS version, record FROM ${schema}.streams
           WHERE path = $1 FOR UPDATE`,
          [wanted.path],
        );
        rows.byPath.set(wanted.path, null);
        for (const row of found) rows.add(loadedStream(row));
        break;
      }
      case "id": {
        const found = await run(
          `SELECT version::float8 AS version, record FROM ${schema}.streams
           WHERE id = ANY ($1::text::bigint[]) FOR UPDATE`,
          [numbersLiteral([wanted.id])],
        );
        rows.byId.set(wanted.id, null);
        for (const row of found) rows.add(loadedStream(row));
        break;
      }
      case "producer":
        rows.producers.set(producerKey(wanted.streamId, wanted.producerId), null);
        break;
      case "data": {
        const [row] = await run(
          `SELECT end_position::float8 AS "end", bytes FROM ${schema}.data
           WHERE stream_id = $1::text::bigint AND end_position > $2::text::bigint
           ORDER BY end_position LIMIT 1`,
          [String(wanted.streamId), String(wanted.position)],
        );
        const record = row ? { end: Number(row["end"]), data: row["bytes"] as Uint8Array } : null;
        rows.data.set(`${wanted.streamId}:${wanted.position}`, record);
        break;
      }
      case "ids":
        await this.#loadIds(run, rows);
        break;
    }
  }

  async #loadIds(run: Run, rows: LoadedRows): Promise<void> {
    const { schema } = this.#database;
    const wanted = Math.max(8, rows.unusedIds.length);
    const ids = await run(
      `SELECT nextval('${schema}.stream_ids')::float8 AS id FROM generate_series(1, $1::text::int)`,
      [String(wanted)],
    );
    rows.unusedIds.push(...ids.map((row) => Number(row["id"])));
    rows.streams = await this.#countStreams(run);
  }

  /** To within what other processes did in the last seconds: counting takes its time. */
  async #countStreams(run: Run): Promise<number> {
    if (this.#count.validUntil < Date.now()) {
      const [row] = await run(`SELECT count(*)::float8 AS n FROM ${this.#database.schema}.streams`);
      this.#count = { streams: Number(row?.["n"]), validUntil: Date.now() + COUNT_VALID_MS };
    }
    return this.#count.streams;
  }

  /** Keeps the count right for what this process did. */
  counted(change: number): void {
    this.#count.streams += change;
  }
}

export function loadedStream(row: Row): { record: StreamRecord; version: number } {
  const record = JSON.parse(row["record"] as string) as StreamRecord;
  return { record, version: Number(row["version"]) };
}
