import type { PostgresClient, PostgresStatements } from "./postgres-client.ts";
import { storeError } from "./postgres-errors.ts";
import { migrate } from "./schema.ts";

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | null;

/** Runs one statement. Statements that are not awaited go out together, in order. */
export type Run = (text: string, values?: readonly Value[]) => Promise<readonly Row[]>;

/** The pool, the schema, and whether the tables are there yet. */
export class Database {
  readonly sql: PostgresClient;
  readonly schema: string;
  readonly #prepare: boolean;
  #ready: Promise<void> | undefined;

  constructor(sql: PostgresClient, schema: string, prepare: boolean) {
    this.sql = sql;
    this.schema = schema;
    this.#prepare = prepare;
  }

  /** Resolves when the tables are there. A database that is away is tried again by the next one. */
  ready(): Promise<void> {
    this.#ready ??= migrate(this).catch((error: unknown) => {
      this.#ready = undefined;
      throw storeError(error);
    });
    return this.#ready;
  }

  /** One statement, on any connection. */
  async run(text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    await this.ready();
    return this.#on(this.sql, text, values);
  }

  /** Several statements in one transaction: all of it or nothing. */
  async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const result = await this.sql.begin((connection) =>
      work((text, values = []) => this.#on(connection, text, values)),
    );
    return result as T;
  }

  async #on(
    sql: PostgresStatements,
    text: string,
    values: readonly Value[],
  ): Promise<readonly Row[]> {
    // Text is only ever put together from the schema's name, which was checked.
    return await sql.unsafe(text, [...values], { prepare: this.#prepare });
  }
}
