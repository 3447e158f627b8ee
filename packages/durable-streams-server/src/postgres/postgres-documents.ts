import type { DocumentStore, ListDocumentsOptions, StoredDocument } from "../store/store.ts";
import type { Row } from "./connection/connection-pool.ts";
import { isLayoutCurrent, type Database } from "./connection/database.ts";
import { rethrow } from "./connection/postgres-errors.ts";

export class PostgresDocuments implements DocumentStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(key: string): Promise<StoredDocument | undefined> {
    const [row] = await this.#select("key = $1", [key]);
    return row;
  }

  list(
    prefix: string,
    { after = "", limit, changedAfter = 0 }: ListDocumentsOptions = {},
  ): Promise<readonly StoredDocument[]> {
    return this.#select(
      `key >= $1 AND starts_with(key, $1) AND key > $2 AND version > $3::text::bigint`,
      [prefix, after, String(changedAfter)],
      limit,
    );
  }

  async set(
    key: string,
    value: string | undefined,
    expected: number | undefined,
  ): Promise<number | undefined> {
    const table = `${this.#database.schema}.documents`;
    const isCurrent = isLayoutCurrent(this.#database.schema);
    const nextVersion = `nextval('${this.#database.schema}.document_versions')`;
    if (expected === undefined) {
      if (value === undefined) return (await this.get(key)) ? undefined : 0;
      return this.#version(
        `INSERT INTO ${table} SELECT $1::text, $2::text, ${nextVersion} WHERE ${isCurrent}
         ON CONFLICT DO NOTHING RETURNING version::float8 AS version`,
        [key, value],
      );
    }
    if (value === undefined) {
      return this.#version(
        `DELETE FROM ${table} WHERE key = $1 AND documents.version = $2::text::bigint
         AND ${isCurrent} RETURNING 0::float8 AS version`,
        [key, String(expected)],
      );
    }
    return this.#version(
      `UPDATE ${table} SET value = $2, version = ${nextVersion}
       WHERE key = $1 AND documents.version = $3::text::bigint AND ${isCurrent}
       RETURNING documents.version::float8 AS version`,
      [key, value, String(expected)],
    );
  }

  async #version(text: string, values: readonly string[]): Promise<number | undefined> {
    const [row] = await this.#run(text, values);
    if (row) return Number(row["version"]);
    await this.#database.checkLayout().catch(rethrow);
    return undefined;
  }

  #run(text: string, values: readonly string[]): Promise<readonly Row[]> {
    return this.#database.run(text, values).catch(rethrow);
  }

  async #select(
    condition: string,
    values: readonly string[],
    limit?: number,
  ): Promise<StoredDocument[]> {
    const rows = await this.#run(
      `SELECT key, value, version::float8 AS version FROM ${this.#database.schema}.documents
       WHERE ${condition} ORDER BY key ${limit === undefined ? "" : `LIMIT ${limit}`}`,
      values,
    );
    return rows.map((row: Row) => ({
      key: row["key"] as string,
      value: row["value"] as string,
      version: Number(row["version"]),
    }));
  }
}
