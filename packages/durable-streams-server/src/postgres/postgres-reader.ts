import { headOf, readChain, type RecordReader } from "../store/read-chain.ts";
import type {
  DataRecord,
  HeadOutcome,
  ListedStream,
  ListRequest,
  ReadOutcome,
  ReadRequest,
} from "../store/store.ts";
import type { StreamRecord } from "../store/stream-record.ts";
import { loadedStream } from "./commit/loaded-rows.ts";
import type { Row } from "./connection/connection-pool.ts";
import { nowMs, type Database } from "./connection/database.ts";

/** Selects rows that end within a number of bytes, or the next row, however long, if none does. */
const dataQuery = (schema: string, stream: string) => `
  SELECT end_position, bytes FROM ${schema}.data
  WHERE stream_id = ${stream} AND end_position > $2::text::bigint
    AND end_position <= $3::text::bigint
    AND end_position <= greatest($2::text::bigint + $4::text::bigint, (
      SELECT end_position FROM ${schema}.data
      WHERE stream_id = ${stream} AND end_position > $2::text::bigint
      ORDER BY end_position LIMIT 1))
  ORDER BY end_position`;

/** The reading side of the store. Nothing here waits for a lock. */
export class PostgresReader implements RecordReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async head(path: string): Promise<HeadOutcome> {
    const { record, now } = await this.#find("path = $1", path);
    return headOf(record, now);
  }

  async byId(id: number): Promise<StreamRecord | undefined> {
    const { record } = await this.#find("id = $1::text::bigint", String(id));
    return record;
  }

  async data(
    streamId: number,
    after: number,
    upTo: number,
    maxBytes: number,
  ): Promise<readonly DataRecord[]> {
    const rows = await this.#database.run(
      `SELECT end_position::float8 AS "end", bytes
       FROM (${dataQuery(this.#database.schema, "$1::text::bigint")}) AS page`,
      [streamId, after, upTo, maxBytes].map(String),
    );
    return rows.map(dataRecord);
  }

  /** Reads a stream and its own data after the position, in one snapshot and one round trip. */
  async read({ path, position, maxBytes }: ReadRequest): Promise<ReadOutcome> {
    if (position === "now") {
      const { record, now } = await this.#find("path = $1", path);
      return readChain(this, record, { position, maxBytes }, now);
    }
    const { schema } = this.#database;
    const rows = await this.#database.run(
      `WITH stream AS (SELECT id, tail, version, record FROM ${schema}.streams WHERE path = $1)
       SELECT version::float8 AS version, record, ${nowMs} AS now, NULL::float8 AS "end",
         NULL::bytea AS bytes
       FROM stream
       UNION ALL
       SELECT NULL, NULL, NULL, end_position::float8, bytes FROM stream, LATERAL (
         ${dataQuery(schema, "stream.id").replaceAll("$3::text::bigint", "least(stream.tail, $3::text::bigint)")}
       ) AS page`,
      [path, String(position), String(Number.MAX_SAFE_INTEGER), String(maxBytes)],
    );
    const [first, ...dataRows] = rows;
    const { record, now } = found(first);
    const own = dataRows.map(dataRecord);
    const isOwn = !record?.fork || position >= record.fork.at;
    const reader: RecordReader = isOwn ? { byId: (id) => this.byId(id), data: () => own } : this;
    return readChain(reader, record, { position, maxBytes }, now);
  }

  async list({ prefix, after = "", limit }: ListRequest): Promise<readonly ListedStream[]> {
    const rows = await this.#database.run(
      `SELECT version::float8 AS version, record FROM ${this.#database.schema}.streams
       WHERE path > $1 AND starts_with(path, $2) AND path >= $2 AND NOT (record::json->>'deleted')::boolean
         AND (expiry IS NULL OR expiry > ${nowMs})
       ORDER BY path LIMIT $3::text::int`,
      [after, prefix, String(limit)],
    );
    return rows.map((row) => {
      const { path, tail } = loadedStream(row).record;
      return { path, tail };
    });
  }

  async #find(condition: string, value: string): Promise<FoundStream> {
    const [row] = await this.#database.run(
      `SELECT version::float8 AS version, record, ${nowMs} AS now FROM ${this.#database.schema}.streams
       WHERE ${condition}`,
      [value],
    );
    return found(row);
  }
}

/** A stream, and the time of the database when it was read. */
interface FoundStream {
  readonly record: StreamRecord | undefined;
  readonly now: number;
}

function found(row: Row | undefined): FoundStream {
  if (!row) return { record: undefined, now: 0 };
  return { record: loadedStream(row).record, now: Number(row["now"]) };
}

function dataRecord(row: Row): DataRecord {
  return { end: Number(row["end"]), data: row["bytes"] as Uint8Array };
}
