import { ignoreRejection, maxTimerMs } from "@freshet/core";
import { DurableStreamsServerError } from "../../store/errors.ts";
import { copyIn, type DataRow } from "./copy-in.ts";
import type { PostgresClient, PostgresStatements } from "./postgres-client.ts";
import { isConnectionLost } from "./postgres-errors.ts";

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | null;

/** Runs one statement. Statements that are not awaited are sent together, in order. */
export type Run = (text: string, values?: readonly Value[]) => Promise<readonly Row[]>;

/** Inserts data; see {@link copyIn}. */
export type Copy = (schema: string, rows: readonly DataRow[]) => Promise<boolean>;

export interface ConnectionPoolOptions {
  /** Whether statements are prepared. */
  readonly prepare: boolean;
  /** When a statement or transaction is given up, in milliseconds. */
  readonly queryTimeoutMs: number;
}

/** A pool of connections that is replaced when it falls silent. */
export class ConnectionPool {
  /** Called when a silent pool was replaced by another one. */
  onReplaced: (() => void) | undefined;
  readonly #options: ConnectionPoolOptions;
  readonly #connect: (() => PostgresClient) | undefined;
  #client: PostgresClient;
  #lastResponse = 0;
  #isEnded = false;

  /** @param source - a pool of the user's, which is never replaced, or a function that opens one */
  constructor(source: PostgresClient | (() => PostgresClient), options: ConnectionPoolOptions) {
    this.#connect = isClient(source) ? undefined : source;
    this.#client = isClient(source) ? source : source();
    this.#options = options;
  }

  /** The client of now: another one after a replacement. */
  get client(): PostgresClient {
    return this.#client;
  }

  /** Ends the pool, unless it is the user's. */
  async end(): Promise<void> {
    this.#isEnded = true;
    if (this.#connect) await this.#client.end({ timeout: 5 });
  }

  /** Runs one statement, on any connection. */
  run(text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    const { queryTimeoutMs } = this.#options;
    return this.#withinTime(queryTimeoutMs, (client) => this.#runOn(client, text, values));
  }

  /** Runs several statements in one transaction. */
  async transaction<T>(
    work: (run: Run, copy: Copy) => Promise<T>,
    timeoutMs: number = this.#options.queryTimeoutMs,
  ): Promise<T> {
    const result = await this.#withinTime(timeoutMs, (client) =>
      client.begin(async (connection) => {
        try {
          return await work(
            (text, values = []) => this.#runOn(connection, text, values),
            (schema, rows) => copyIn(connection, schema, rows),
          );
        } catch (error) {
          if (!isConnectionLost(error)) throw error;
          // postgres.js would send ROLLBACK on a connection that is gone, from a timer that takes the
          // process down (its issues 1066, 1154, 1208). `begin` itself rejects when the connection closes.
          return new Promise(() => undefined);
        }
      }),
    );
    return result as T;
  }

  /**
   * A machine that is gone does not say so: its connections stay silent for as long as TCP retries. The
   * outcome of the statement is then unknown, and if the whole pool was silent it is replaced.
   */
  async #withinTime<T>(
    timeoutMs: number,
    query: (client: PostgresClient) => Promise<T>,
  ): Promise<T> {
    const client = this.#client;
    const startedAt = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      if (timeoutMs > maxTimerMs) return;
      timer = setTimeout(() => {
        if (this.#lastResponse < startedAt) this.#replace(client, 0);
        const text = `PostgreSQL did not respond within ${timeoutMs} ms (queryTimeoutMs), and it is unknown whether the request was stored: repeat it.`;
        reject(new DurableStreamsServerError("STORE_UNAVAILABLE", text));
      }, timeoutMs);
    });
    try {
      return await Promise.race([query(client), silence]);
    } catch (error) {
      // A connection that was cut while it had something to send never sends again, not even to
      // reconnect. Other connections of the pool may be well and get time to finish.
      if ((error as { code?: unknown }).code === "CONNECT_TIMEOUT") this.#replace(client, 5);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param graceSeconds - how long statements of the old pool may take to finish */
  #replace(old: PostgresClient, graceSeconds: number): void {
    if (!this.#connect || this.#isEnded || old !== this.#client) return;
    this.#client = this.#connect();
    old.end({ timeout: graceSeconds }).catch(ignoreRejection);
    this.onReplaced?.();
  }

  async #runOn(
    connection: PostgresStatements,
    text: string,
    values: readonly Value[],
  ): Promise<readonly Row[]> {
    // The only variable part of a text is the name of the schema, which was checked.
    const rows = await connection.unsafe(text, [...values], { prepare: this.#options.prepare });
    this.#lastResponse = performance.now();
    return rows;
  }
}

function isClient(source: PostgresClient | (() => PostgresClient)): source is PostgresClient {
  // A client of postgres.js is a function too.
  return "unsafe" in source;
}
