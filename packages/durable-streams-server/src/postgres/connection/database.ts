import type { ConnectionPool, Row, Run, Value } from "./connection-pool.ts";
import { migrate } from "./migrations.ts";
import { storeError } from "./postgres-errors.ts";

/** The tables of a store in one schema, created or migrated before the first statement. */
export class Database {
  readonly schema: string;
  readonly pool: ConnectionPool;
  #ready: Promise<void> | undefined;

  constructor(pool: ConnectionPool, schema: string) {
    this.pool = pool;
    this.schema = schema;
  }

  /** Resolves when the tables are there. If the database is away, the next call tries again. */
  ready(): Promise<void> {
    this.#ready ??= migrate(this.pool, this.schema).catch((error: unknown) => {
      this.#ready = undefined;
      throw storeError(error);
    });
    return this.#ready;
  }

  /** Runs one statement, on any connection. */
  async run(text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    await this.ready();
    return this.pool.run(text, values);
  }

  /** Runs several statements in one transaction. */
  async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    await this.ready();
    return this.pool.transaction(work);
  }
}
