import { numbersLiteral, textsLiteral } from "../connection/array-literal.ts";
import type { Run } from "../connection/connection-pool.ts";
import type { Database } from "../connection/database.ts";
import type { Mutations } from "./apply-batch.ts";
import { dataKey, loadedStream, LoadedRows, producerKey, type MissingRow } from "./loaded-rows.ts";

/** How long a count of the streams is used, in milliseconds. */
const COUNT_MAX_AGE_MS = 10_000;

/** The rows of a batch, and the time of the database after they were locked. */
export interface LockedRows {
  readonly rows: LoadedRows;
  readonly now: number;
}

/** Loads and locks the rows of a batch, inside one transaction. */
export class RowLoader {
  readonly #database: Database;
  readonly #schema: string;
  #count = { streams: 0, validUntil: 0 };

  constructor(database: Database) {
    this.#database = database;
    this.#schema = database.schema;
  }

  /**
   * Loads the streams and producers that the mutations name: three statements in one round trip.
   *
   * @throws DurableStreamsServerError `STORE_VERSION` if the layout is another one now
   */
  async load(run: Run, mutations: Mutations): Promise<LockedRows> {
    const rows = new LoadedRows();
    const paths = new Set<string>();
    const producers: { path: string; id: string }[] = [];
    for (const { path, fork, producer } of mutations) {
      paths.add(path);
      if (fork) paths.add(fork.path);
      if (producer) producers.push({ path, id: producer.id });
    }
    // Everybody locks in the same order, so that two batches do not wait for each other.
    const streams = run(
      `SELECT version::float8 AS version, record FROM ${this.#schema}.streams
       WHERE path = ANY ($1::text::text[]) ORDER BY id FOR UPDATE`,
      [textsLiteral([...paths])],
    );
    const states = run(
      `SELECT stream_id::float8 AS stream_id, producer_id, epoch::float8 AS epoch,
              last_seq::float8 AS last_seq
       FROM unnest($1::text::text[], $2::text::text[]) AS input (path, id)
       JOIN ${this.#schema}.streams USING (path)
       JOIN ${this.#schema}.producers ON stream_id = streams.id AND producer_id = input.id`,
      [
        textsLiteral(producers.map(({ path }) => path)),
        textsLiteral(producers.map(({ id }) => id)),
      ],
    );
    const checked = this.#database.check(run);
    const [streamRows, producerRows, now] = await Promise.all([streams, states, checked]);
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
    return { rows, now };
  }

  /** Adds a row that the mutations do not name: the source of a fork, its data, new ids. */
  async loadMissing(run: Run, rows: LoadedRows, row: MissingRow): Promise<void> {
    switch (row.kind) {
      case "path":
        rows.byPath.set(row.path, null);
        await this.#loadStream(run, rows, "path = $1", row.path);
        break;
      case "id":
        rows.byId.set(row.id, null);
        await this.#loadStream(
          run,
          rows,
          "id = ANY ($1::text::bigint[])",
          numbersLiteral([row.id]),
        );
        break;
      case "producer":
        // A producer that is not named belongs to a stream that did not exist when the batch was loaded.
        rows.producers.set(producerKey(row.streamId, row.producerId), null);
        break;
      case "data":
        await this.#loadData(run, rows, row.streamId, row.position);
        break;
      case "ids":
        await this.#loadIds(run, rows);
        break;
    }
  }

  /** Keeps the count of streams right for the changes of this process. */
  addToCount(change: number): void {
    this.#count.streams += change;
  }

  async #loadStream(run: Run, rows: LoadedRows, condition: string, value: string): Promise<void> {
    const found = await run(
      `SELECT version::float8 AS version, record FROM ${this.#schema}.streams
       WHERE ${condition} FOR UPDATE`,
      [value],
    );
    for (const each of found) rows.add(loadedStream(each));
  }

  async #loadData(run: Run, rows: LoadedRows, streamId: number, position: number): Promise<void> {
    const [row] = await run(
      `SELECT end_position::float8 AS "end", bytes FROM ${this.#schema}.data
       WHERE stream_id = $1::text::bigint AND end_position > $2::text::bigint
       ORDER BY end_position LIMIT 1`,
      [String(streamId), String(position)],
    );
    const record = row ? { end: Number(row["end"]), data: row["bytes"] as Uint8Array } : null;
    rows.data.set(dataKey(streamId, position), record);
  }

  async #loadIds(run: Run, rows: LoadedRows): Promise<void> {
    const wanted = Math.max(8, rows.unusedIds.length);
    const ids = await run(
      `SELECT nextval('${this.#schema}.stream_ids')::float8 AS id
       FROM generate_series(1, $1::text::int)`,
      [String(wanted)],
    );
    rows.unusedIds.push(...ids.map((row) => Number(row["id"])));
    rows.streams = await this.#countStreams(run);
  }

  /** Counting takes long, so changes of other processes in the last seconds may be missing. */
  async #countStreams(run: Run): Promise<number> {
    if (this.#count.validUntil < performance.now()) {
      const [row] = await run(`SELECT count(*)::float8 AS n FROM ${this.#schema}.streams`);
      this.#count = {
        streams: Number(row?.["n"]),
        validUntil: performance.now() + COUNT_MAX_AGE_MS,
      };
    }
    return this.#count.streams;
  }
}
