import { DurableStreamsServerError } from "../../store/errors.ts";
import type { PostgresClient, PostgresStatements } from "./postgres-client.ts";
import { isConnectionLost, storeError } from "./postgres-errors.ts";
import { migrate } from "./migrations.ts";

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | null;

/** Runs one statement. Statements that are not awaited go out together, in order. */
export type Run = (text: string, values?: readonly Value[]) => Promise<readonly Row[]>;

export interface DatabaseOptions {
  readonly schema: string;
  readonly prepare: boolean;
  /** What has no answer by then is given up, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** The pool, the schema, and whether the tables are there yet. */
export class Database {
  readonly schema: string;
  /** Told when a silent pool was replaced by another one. */
  onReplaced: (() => void) | undefined;
  readonly #options: DatabaseOptions;
  readonly #connect: (() => PostgresClient) | undefined;
  #sql: PostgresClient;
  #lastAnswer = 0;
  #isEnded = false;
  #ready: Promise<void> | undefined;

  /** @param source - a pool that stays, or how to make one: a pool that falls silent is replaced */
  constructor(source: PostgresClient | (() => PostgresClient), options: DatabaseOptions) {
    this.#connect = isClient(source) ? undefined : source;
    this.#sql = isClient(source) ? source : source();
    this.#options = options;
    this.schema = options.schema;
  }

  get sql(): PostgresClient {
    return this.#sql;
  }

  /** Ends the pool, if it is not the user's. */
  async end(): Promise<void> {
    this.#isEnded = true;
    if (this.#connect) await this.#sql.end({ timeout: 5 });
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
    const { answerTimeoutMs } = this.#options;
    return this.#answered(answerTimeoutMs, (sql) => this.#on(sql, text, values));
  }

  /** Several statements in one transaction: all of it or nothing. */
  async transaction<T>(
    work: (run: Run) => Promise<T>,
    answerTimeoutMs: number = this.#options.answerTimeoutMs,
  ): Promise<T> {
    const result = await this.#answered(answerTimeoutMs, (sql) =>
      sql.begin(async (connection) => {
        try {
          return await work((text, values = []) => this.#on(connection, text, values));
        } catch (error) {
          if (!isConnectionLost(error)) throw error;
          // postgres.js would send ROLLBACK where no connection is any more, from a timer that takes the
          // process down (its issues 1066, 1154, 1208). `begin` itself rejects when the connection closes.
          return new Promise(() => undefined);
        }
      }),
    );
    return result as T;
  }

  /**
   * A machine that is gone does not say so: its connections are silent for as long as TCP hopes. Then
   * nobody learns what became of the statement, and if the whole pool was silent it is replaced.
   */
  async #answered<T>(
    answerTimeoutMs: number,
    ask: (sql: PostgresClient) => Promise<T>,
  ): Promise<T> {
    const sql = this.#sql;
    const asked = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      if (answerTimeoutMs === Infinity) return;
      timer = setTimeout(() => {
        if (this.#lastAnswer < asked) this.#replace(sql, 0);
        const text = `PostgreSQL has not answered for ${answerTimeoutMs} ms (answerTimeoutMs), and it is not known whether the request was stored: repeat it.`;
        reject(new DurableStreamsServerError("STORE_UNAVAILABLE", text));
      }, answerTimeoutMs);
    });
    try {
      return await Promise.race([ask(sql), silence]);
    } catch (error) {
      // A connection that was cut while it had something to send never sends again: not even a greeting.
      // Others of the pool may be well: they get time to end what they are at.
      if ((error as { code?: unknown }).code === "CONNECT_TIMEOUT") this.#replace(sql, 5);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param graceSeconds - how long statements of the old pool may take to end */
  #replace(old: PostgresClient, graceSeconds: number): void {
    if (!this.#connect || this.#isEnded || old !== this.#sql) return;
    this.#sql = this.#connect();
    old.end({ timeout: graceSeconds }).catch(() => undefined);
    this.onReplaced?.();
  }

  async #on(
    sql: PostgresStatements,
    text: string,
    values: readonly Value[],
  ): Promise<readonly Row[]> {
    // Text is only ever put together from the schema's name, which was checked.
    const rows = await sql.unsafe(text, [...values], { prepare: this.#options.prepare });
    this.#lastAnswer = performance.now();
    return rows;
  }
}

function isClient(source: PostgresClient | (() => PostgresClient)): source is PostgresClient {
  // A client of postgres.js is a function too.
  return "unsafe" in source;
}
