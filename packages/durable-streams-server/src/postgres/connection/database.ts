import { DurableStreamsServerError } from "../../store/errors.ts";
import type { ConnectionPool, Copy, Row, Run, Value } from "./connection-pool.ts";
import { DatabaseClock } from "./database-clock.ts";
import { LAYOUT_VERSION, migrate } from "./migrations.ts";
import { storeError } from "./postgres-errors.ts";

/** A transaction whose process falls silent is ended by the database, in milliseconds. */
const IDLE_TRANSACTION_MS = 10_000;

/** SQL for the time of the database, in milliseconds since 1970. */
export const nowMs = "floor(extract(epoch FROM clock_timestamp()) * 1000)::float8";

/**
 * SQL for whether the layout is the one of this version. In a statement that writes, it is decided after
 * the lock on the table was granted, for which a migration makes all writers wait.
 */
export function isLayoutCurrent(schema: string): string {
  return `EXISTS (SELECT 1 FROM ${schema}.layout WHERE layout.version = ${LAYOUT_VERSION})`;
}

/** The tables of a store in one schema, created or migrated before the first statement. */
export class Database {
  readonly schema: string;
  readonly pool: ConnectionPool;
  readonly clock: DatabaseClock = new DatabaseClock();
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
  async transaction<T>(work: (run: Run, copy: Copy) => Promise<T>): Promise<T> {
    await this.ready();
    return this.pool.transaction(work);
  }

  /**
   * Checks a transaction that has locked what it will write.
   *
   * @returns the time of the database
   * @throws DurableStreamsServerError `STORE_VERSION` if the layout is another one now
   */
  async check(run: Run): Promise<number> {
    const sentAt = performance.now();
    // A process that is paused now must not keep its locks for as long as it is.
    const [row] = await run(
      `SELECT ${nowMs} AS now, (SELECT version FROM ${this.schema}.layout) AS layout,
         set_config('idle_in_transaction_session_timeout', '${IDLE_TRANSACTION_MS}', true)`,
    );
    this.#expectLayout(row);
    const now = Number(row?.["now"]);
    this.clock.observe(now, sentAt);
    return now;
  }

  /** Throws `STORE_VERSION` if the layout is another one now. For a write that found nothing to change. */
  async checkLayout(): Promise<void> {
    const [row] = await this.run(`SELECT version AS layout FROM ${this.schema}.layout`);
    this.#expectLayout(row);
  }

  /** The time of the database. */
  async now(): Promise<number> {
    await this.ready();
    const sentAt = performance.now();
    const [row] = await this.pool.run(`SELECT ${nowMs} AS now`);
    const now = Number(row?.["now"]);
    this.clock.observe(now, sentAt);
    return now;
  }

  #expectLayout(row: Row | undefined): void {
    const layout = Number(row?.["layout"]);
    if (layout === LAYOUT_VERSION) return;
    throw new DurableStreamsServerError(
      "STORE_VERSION",
      `The schema ${this.schema} was migrated to layout ${layout} while this process ran, which writes layout ${LAYOUT_VERSION}. Nothing was stored: restart it with the version that migrated it.`,
    );
  }
}
